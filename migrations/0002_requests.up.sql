-- What was asked with a client's key and what was answered, so that asking again answers the same.
SET LOCAL lock_timeout = '5s';
CREATE TABLE nchat_social_requests (
    source_account_id text NOT NULL DEFAULT 'primary',
    -- The person who asked; all zeros where none is known.
    asked_by          uuid NOT NULL,
    client_key        text NOT NULL CHECK (client_key <> '' AND length(client_key) <= 128),
    fingerprint       bytea NOT NULL,
    -- Text, not jsonb: an answer's fields keep their order.
    answer            text,
    begun_at          timestamptz NOT NULL,
    PRIMARY KEY (source_account_id, asked_by, client_key)
);
CREATE INDEX nchat_social_requests_begun_idx ON nchat_social_requests (begun_at);
COMMENT ON TABLE nchat_social_requests IS 'Answers to mutations that came with a client_key, kept for a day. Must not be tracked by Hasura.';
ALTER TABLE nchat_social_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY nchat_social_requests_tenant ON nchat_social_requests FOR ALL
    USING (nchat_social_tenant_is(source_account_id)) WITH CHECK (nchat_social_tenant_is(source_account_id));
