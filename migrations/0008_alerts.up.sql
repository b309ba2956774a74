-- What somebody has to act on, told once in a channel, and once more when it is over.
SET LOCAL lock_timeout = '5s';

ALTER TABLE nchat_social_accounts
    ADD COLUMN alert_channel_id uuid REFERENCES nchat_channels (id) ON DELETE SET NULL;
COMMENT ON COLUMN nchat_social_accounts.alert_channel_id IS 'Where it is told that somebody must act; NULL: SOCIAL_ALERT_CHANNEL, for the default tenant';
CREATE INDEX nchat_social_accounts_alert_channel_idx ON nchat_social_accounts (alert_channel_id)
    WHERE alert_channel_id IS NOT NULL;

-- An incident of an account, or, without one, of a platform, told to the operator in the default tenant. Reminders that
-- a login ends are incidents that are over at once.
CREATE TABLE nchat_social_incidents (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source_account_id text NOT NULL DEFAULT 'primary',
    account_id        uuid REFERENCES nchat_social_accounts (id) ON DELETE CASCADE,
    platform          text NOT NULL,
    code              text NOT NULL,
    message           text NOT NULL DEFAULT '',
    ends_at           timestamptz,
    days              integer,
    opened_at         timestamptz NOT NULL,
    closed_at         timestamptz,
    tell_at           timestamptz,
    message_id        uuid,
    closing_id        uuid,
    CHECK ((ends_at IS NULL) = (days IS NULL))
);
CREATE UNIQUE INDEX nchat_social_incidents_account_key ON nchat_social_incidents (account_id)
    WHERE closed_at IS NULL AND account_id IS NOT NULL;
CREATE UNIQUE INDEX nchat_social_incidents_platform_key ON nchat_social_incidents (platform, code)
    WHERE closed_at IS NULL AND account_id IS NULL;
CREATE UNIQUE INDEX nchat_social_incidents_reminder_key ON nchat_social_incidents (account_id, ends_at, days)
    WHERE days IS NOT NULL;
CREATE INDEX nchat_social_incidents_account_idx ON nchat_social_incidents (account_id);
CREATE INDEX nchat_social_incidents_tell_idx ON nchat_social_incidents (tell_at) WHERE tell_at IS NOT NULL;
CREATE INDEX nchat_social_incidents_closed_idx ON nchat_social_incidents (closed_at);
COMMENT ON TABLE nchat_social_incidents IS 'What somebody had or has to act on. Must not be tracked by Hasura.';
COMMENT ON COLUMN nchat_social_incidents.tell_at IS 'A message is due from then on; NULL: nothing to tell';
COMMENT ON COLUMN nchat_social_incidents.message_id IS 'The message that told of it; closing_id: the one that it is over';

ALTER TABLE nchat_social_incidents ENABLE ROW LEVEL SECURITY;
CREATE POLICY nchat_social_incidents_tenant ON nchat_social_incidents FOR ALL
    USING (nchat_social_tenant_is(source_account_id)) WITH CHECK (nchat_social_tenant_is(source_account_id));

-- Every process looks once a minute: what is well must not be read for it.
CREATE INDEX IF NOT EXISTS nchat_social_accounts_unwell_idx ON nchat_social_accounts (health_code)
    WHERE is_active AND health <> 'connected';
CREATE INDEX IF NOT EXISTS nchat_social_credentials_end_idx ON nchat_social_credentials
    ((coalesce(refresh_expires_at, CASE WHEN refresh_token_sealed IS NULL THEN access_expires_at END)));

-- The end of a login that renewals do not move is what people want to know.
UPDATE nchat_social_accounts a SET token_expires_at = c.refresh_expires_at FROM nchat_social_credentials c
WHERE c.id = a.credential_id AND c.refresh_expires_at IS NOT NULL;
