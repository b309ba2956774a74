-- Workspaces take turns when accounts are claimed. A table with many rows gets it beforehand, CONCURRENTLY.
SET LOCAL lock_timeout = '5s';
CREATE INDEX IF NOT EXISTS nchat_social_accounts_tenant_turn_idx
    ON nchat_social_accounts (platform, source_account_id, next_poll_at)
    WHERE is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect';
