-- Accounts are claimed by age alone again.
SET LOCAL lock_timeout = '5s';
DROP INDEX IF EXISTS nchat_social_accounts_tenant_turn_idx;
