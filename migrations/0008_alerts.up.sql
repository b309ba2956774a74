-- Where administrators are told that an account or a platform needs somebody, and what they were told already.
SET LOCAL lock_timeout = '5s';

ALTER TABLE nchat_social_accounts
    ADD COLUMN alert_channel_id uuid
        CONSTRAINT nchat_social_accounts_alert_channel_fkey REFERENCES nchat_channels (id) ON DELETE SET NULL;
COMMENT ON COLUMN nchat_social_accounts.alert_channel_id IS 'Where it is told that this account needs somebody; NULL: SOCIAL_ALERT_CHANNEL';
CREATE INDEX IF NOT EXISTS nchat_social_accounts_alert_channel_idx ON nchat_social_accounts (alert_channel_id)
    WHERE alert_channel_id IS NOT NULL;
-- Few, whatever the number of accounts.
CREATE INDEX IF NOT EXISTS nchat_social_accounts_stopped_idx ON nchat_social_accounts (health_since)
    WHERE is_active AND health IN ('paused', 'needs_reconnect');
CREATE INDEX IF NOT EXISTS nchat_social_credentials_end_idx
    ON nchat_social_credentials ((coalesce(refresh_expires_at, access_expires_at)))
    WHERE refresh_expires_at IS NOT NULL OR refresh_token_sealed IS NULL;

-- Three kinds: of an account, of a platform (without account), and the reminder of a login's end (with login_id).
CREATE TABLE nchat_social_incidents (
    id                uuid PRIMARY KEY,
    source_account_id text NOT NULL DEFAULT 'primary',
    channel_id        uuid NOT NULL,
    platform          text NOT NULL,
    code              text NOT NULL CHECK (code <> ''),
    -- No foreign keys: what was told outlives what it was about.
    account_id        uuid,
    login_id          uuid,
    ends_at           timestamptz,
    days_before       integer,
    opened_at         timestamptz NOT NULL,
    closed_at         timestamptz,
    CONSTRAINT nchat_social_incidents_reminder_check CHECK
        ((login_id IS NULL) = (ends_at IS NULL) AND (login_id IS NULL) = (days_before IS NULL)
         AND (login_id IS NULL OR closed_at IS NOT NULL AND account_id IS NULL))
);
-- Told once, by however many processes.
CREATE UNIQUE INDEX nchat_social_incidents_account_key ON nchat_social_incidents (account_id, code)
    WHERE account_id IS NOT NULL AND closed_at IS NULL;
CREATE UNIQUE INDEX nchat_social_incidents_platform_key ON nchat_social_incidents (channel_id, platform, code)
    WHERE account_id IS NULL AND login_id IS NULL AND closed_at IS NULL;
CREATE UNIQUE INDEX nchat_social_incidents_reminder_key ON nchat_social_incidents
    (login_id, channel_id, ends_at, days_before) WHERE login_id IS NOT NULL;
CREATE INDEX nchat_social_incidents_closed_idx ON nchat_social_incidents (closed_at) WHERE closed_at IS NOT NULL;
COMMENT ON TABLE nchat_social_incidents IS 'What administrators were told in a channel. Must not be tracked by Hasura.';

ALTER TABLE nchat_social_incidents ENABLE ROW LEVEL SECURITY;
CREATE POLICY nchat_social_incidents_tenant ON nchat_social_incidents FOR ALL
    USING (nchat_social_tenant_is(source_account_id)) WITH CHECK (nchat_social_tenant_is(source_account_id));
