-- Two rules that had a gap: tokens that two accounts share go with the second of them, also when both are deleted at
-- once; and no integration leads into people's own conversations.
SET LOCAL lock_timeout = '5s';

-- The last account of a login takes its tokens with it, whoever deletes it. One at a time: whoever comes second sees, in
-- a statement of its own, that the first account is gone.
CREATE OR REPLACE FUNCTION nchat_social_drop_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM nchat_social_credentials WHERE id = OLD.credential_id FOR UPDATE;
    DELETE FROM nchat_social_credentials c
    WHERE c.id = OLD.credential_id
      AND NOT EXISTS (SELECT FROM nchat_social_accounts a WHERE a.credential_id = c.id);
    RETURN NULL;
END $$;

-- Posts go to channels, never into a direct or group conversation. What is there stays until its channel changes.
-- Fires after nchat_social_integrations_check, by name.
CREATE FUNCTION nchat_social_check_channel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM nchat_channels WHERE id = NEW.channel_id AND type::text IN ('direct', 'group')) THEN
        RAISE EXCEPTION 'posts cannot go into a direct or group conversation' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_integrations_kind BEFORE INSERT ON nchat_social_integrations
    FOR EACH ROW EXECUTE FUNCTION nchat_social_check_channel();
CREATE TRIGGER nchat_social_integrations_kind_again BEFORE UPDATE OF channel_id ON nchat_social_integrations
    FOR EACH ROW WHEN (NEW.channel_id IS DISTINCT FROM OLD.channel_id) EXECUTE FUNCTION nchat_social_check_channel();

-- Whoever writes, Hasura for one, may see less than these rules must: as in 0006.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['drop_credential', 'check_channel'] LOOP
        EXECUTE format('ALTER FUNCTION nchat_social_%s() SECURITY DEFINER SET search_path = %I, pg_temp',
                       name, current_schema());
    END LOOP;
END $$;

-- The end of a login: without a refresh token it is the token's or the grant's, whichever is first. The older program
-- still looks by nchat_social_credentials_end_idx. A table with many rows gets it beforehand, CONCURRENTLY.
CREATE INDEX IF NOT EXISTS nchat_social_credentials_ends_idx ON nchat_social_credentials
    ((CASE WHEN refresh_token_sealed IS NULL THEN least(refresh_expires_at, access_expires_at)
           ELSE refresh_expires_at END));
UPDATE nchat_social_accounts a SET token_expires_at = c.access_expires_at FROM nchat_social_credentials c
WHERE c.id = a.credential_id AND c.refresh_token_sealed IS NULL AND c.access_expires_at < c.refresh_expires_at;
