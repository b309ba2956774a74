-- Takes away what 0003 brought: the audit log, the requests for deletion, and what reconnections know.
SET LOCAL lock_timeout = '5s';
DROP TABLE IF EXISTS nchat_social_audit_log, nchat_social_deletions;
DROP INDEX IF EXISTS nchat_social_accounts_callback_idx, nchat_social_accounts_deletion_idx;
ALTER TABLE nchat_social_accounts DROP COLUMN IF EXISTS deletion_id;
ALTER TABLE nchat_social_oauth_sessions
    DROP COLUMN IF EXISTS wanted_account_id,
    DROP COLUMN IF EXISTS granted_scopes;
