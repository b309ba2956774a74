-- Connections: which account a reconnection is for, what was granted; who changed what; and people's
-- requests, through the platform, to delete their data.
SET LOCAL lock_timeout = '5s';

-- No foreign key: an account that is deleted meanwhile is told to the administrator in words.
ALTER TABLE nchat_social_oauth_sessions
    ADD COLUMN wanted_account_id uuid,
    ADD COLUMN granted_scopes    text[];
COMMENT ON COLUMN nchat_social_oauth_sessions.wanted_account_id IS 'The account to be reconnected; NULL: whatever the login offers';

ALTER TABLE nchat_social_accounts ADD COLUMN deletion_id uuid;
COMMENT ON COLUMN nchat_social_accounts.deletion_id IS 'Being deleted on its owner''s request: nchat_social_deletions';
CREATE INDEX IF NOT EXISTS nchat_social_accounts_callback_idx ON nchat_social_accounts (platform, callback_id)
    WHERE callback_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS nchat_social_accounts_deletion_idx ON nchat_social_accounts (deletion_id)
    WHERE deletion_id IS NOT NULL;

-- Who changed what. Outlives the accounts it tells of, hence the name and no foreign key.
CREATE TABLE nchat_social_audit_log (
    id                uuid PRIMARY KEY,
    source_account_id text NOT NULL DEFAULT 'primary',
    done_at           timestamptz NOT NULL,
    actor             text NOT NULL CHECK (actor IN ('administrator', 'platform', 'service')),
    user_id           uuid,
    action            text NOT NULL CHECK (action <> ''),
    platform          text,
    account_id        uuid,
    account_name      text NOT NULL DEFAULT '',
    detail            jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX nchat_social_audit_log_tenant_idx ON nchat_social_audit_log (source_account_id, done_at DESC, id DESC);
CREATE INDEX nchat_social_audit_log_account_idx ON nchat_social_audit_log (account_id, done_at DESC, id DESC);
CREATE INDEX nchat_social_audit_log_done_idx ON nchat_social_audit_log (done_at);
COMMENT ON TABLE nchat_social_audit_log IS 'Who changed connections and integrations. Holds no secret.';

-- Requests to delete a person's data. One serves every tenant of the deployment that read the person's account, and
-- the page that tells how it stands asks nobody who they are: so no tenant, and nothing personal.
CREATE TABLE nchat_social_deletions (
    id           uuid PRIMARY KEY,
    platform     text NOT NULL,
    request_hash bytea NOT NULL CONSTRAINT nchat_social_deletions_request_key UNIQUE,
    code         text NOT NULL CONSTRAINT nchat_social_deletions_code_key UNIQUE,
    accounts     integer NOT NULL DEFAULT 0,
    requested_at timestamptz NOT NULL,
    completed_at timestamptz
);
COMMENT ON TABLE nchat_social_deletions IS 'Requests to delete a person''s data. Must not be tracked by Hasura.';

ALTER TABLE nchat_social_audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY nchat_social_audit_log_tenant ON nchat_social_audit_log FOR ALL
    USING (nchat_social_tenant_is(source_account_id)) WITH CHECK (nchat_social_tenant_is(source_account_id));
-- Of no tenant: only who works for all of them may.
ALTER TABLE nchat_social_deletions ENABLE ROW LEVEL SECURITY;
CREATE POLICY nchat_social_deletions_tenant ON nchat_social_deletions FOR ALL
    USING (nchat_social_tenant_is('*')) WITH CHECK (nchat_social_tenant_is('*'));
