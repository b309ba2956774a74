-- Rules for whoever writes the tables past the service: Hasura does, for nchat's own documents. What they leave out, send
-- as null or mistake becomes harmless or is refused.
SET LOCAL lock_timeout = '5s';

-- Who asks through Hasura, which says so in every transaction that writes; NULL for everybody else.
-- https://github.com/hasura/audit-trigger
CREATE FUNCTION nchat_social_hasura_user() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (nullif(current_setting('hasura.user', true), '')::jsonb ->> 'x-hasura-user-id')::uuid;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN NULL;
END $$;

-- null means not given: the value that was, or the default. An integration knows who made it.
-- Fires after nchat_social_integrations_check, by name.
CREATE FUNCTION nchat_social_complete_integration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.auto_post := coalesce(NEW.auto_post, OLD.auto_post, true);
    NEW.exclude_retweets := coalesce(NEW.exclude_retweets, OLD.exclude_retweets, false);
    NEW.exclude_replies := coalesce(NEW.exclude_replies, OLD.exclude_replies, false);
    NEW.min_engagement := coalesce(NEW.min_engagement, OLD.min_engagement, 0);
    NEW.backfill_count := coalesce(NEW.backfill_count, OLD.backfill_count, 0);
    NEW.created_by := coalesce(NEW.created_by, OLD.created_by, nchat_social_hasura_user());
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_integrations_complete BEFORE INSERT OR UPDATE ON nchat_social_integrations
    FOR EACH ROW EXECUTE FUNCTION nchat_social_complete_integration();

-- A row is its account's tenant's, whatever its writer says or forgets to say.
CREATE FUNCTION nchat_social_take_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT source_account_id INTO NEW.source_account_id FROM nchat_social_accounts WHERE id = NEW.account_id;
    -- Without such an account the foreign key has the word.
    NEW.source_account_id := coalesce(NEW.source_account_id, 'primary');
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_posts_tenant BEFORE INSERT ON nchat_social_posts
    FOR EACH ROW EXECUTE FUNCTION nchat_social_take_tenant();
CREATE TRIGGER nchat_social_import_logs_tenant BEFORE INSERT ON nchat_social_import_logs
    FOR EACH ROW EXECUTE FUNCTION nchat_social_take_tenant();
CREATE TRIGGER nchat_social_deliveries_tenant BEFORE INSERT ON nchat_social_deliveries
    FOR EACH ROW EXECUTE FUNCTION nchat_social_take_tenant();

CREATE FUNCTION nchat_social_keep_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an account stays in its workspace' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER nchat_social_accounts_tenant BEFORE UPDATE OF source_account_id ON nchat_social_accounts
    FOR EACH ROW WHEN (NEW.source_account_id IS DISTINCT FROM OLD.source_account_id)
    EXECUTE FUNCTION nchat_social_keep_tenant();

-- An account that nobody connected is shown as such, and is never polled.
CREATE FUNCTION nchat_social_account_unconnected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.health := 'needs_reconnect';
    NEW.health_code := coalesce(NEW.health_code, 'not_connected');
    NEW.health_message := coalesce(NEW.health_message, 'Not connected yet: connect it to import its posts');
    NEW.health_since := coalesce(NEW.health_since, now());
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_accounts_unconnected BEFORE INSERT ON nchat_social_accounts
    FOR EACH ROW WHEN (NEW.credential_id IS NULL) EXECUTE FUNCTION nchat_social_account_unconnected();

-- Switching an account ends the poll under way: what it brings was asked for under the old choice. Switching it on does
-- not poll it before its platform allows. Fires after nchat_social_accounts_resumed, by name.
CREATE FUNCTION nchat_social_account_switched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.lease_id := NULL;
    NEW.lease_until := NULL;
    NEW.due_at := NULL;
    NEW.next_poll_at := greatest(NEW.next_poll_at, NEW.hold_until);
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_accounts_switched BEFORE UPDATE OF is_active ON nchat_social_accounts
    FOR EACH ROW WHEN (NEW.is_active <> OLD.is_active) EXECUTE FUNCTION nchat_social_account_switched();

-- Posts: lists without holes, a link that is one, and a list of channels that is one, each once. On UPDATE only where
-- one of these changes; counters do so all the time. Fires after nchat_social_posts_append, by name.
CREATE FUNCTION nchat_social_clean_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.media_urls := array_remove(coalesce(NEW.media_urls, '{}'), NULL);
    NEW.media_types := array_remove(coalesce(NEW.media_types, '{}'), NULL);
    NEW.hashtags := array_remove(coalesce(NEW.hashtags, '{}'), NULL);
    NEW.mentions := array_remove(coalesce(NEW.mentions, '{}'), NULL);
    NEW.was_posted_to_channel := coalesce(NEW.was_posted_to_channel, OLD.was_posted_to_channel, false);
    IF NEW.post_url !~* '^https?://' THEN
        NEW.post_url := '';
    END IF;
    IF jsonb_typeof(NEW.posted_to_channels) IS DISTINCT FROM 'array' THEN
        NEW.posted_to_channels := coalesce(OLD.posted_to_channels, '[]');
    END IF;
    IF jsonb_array_length(NEW.posted_to_channels) > 0 THEN
        NEW.posted_to_channels := (
            SELECT coalesce(jsonb_agg(channel ORDER BY place), '[]') FROM (
                SELECT channel, min(place) AS place
                FROM jsonb_array_elements(NEW.posted_to_channels) WITH ORDINALITY AS c (channel, place)
                WHERE jsonb_typeof(channel) = 'string' GROUP BY channel) AS each_once);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_posts_clean BEFORE INSERT ON nchat_social_posts
    FOR EACH ROW EXECUTE FUNCTION nchat_social_clean_post();
CREATE TRIGGER nchat_social_posts_clean_again BEFORE UPDATE ON nchat_social_posts FOR EACH ROW
    WHEN ((OLD.media_urls, OLD.media_types, OLD.hashtags, OLD.mentions, OLD.post_url, OLD.posted_to_channels,
           OLD.was_posted_to_channel)
        IS DISTINCT FROM
        (NEW.media_urls, NEW.media_types, NEW.hashtags, NEW.mentions, NEW.post_url, NEW.posted_to_channels,
           NEW.was_posted_to_channel))
    EXECUTE FUNCTION nchat_social_clean_post();
ALTER TABLE nchat_social_posts
    ADD CONSTRAINT nchat_social_posts_engagement_check CHECK (jsonb_typeof(engagement) = 'object') NOT VALID;

-- Logs: null errors are none.
CREATE FUNCTION nchat_social_clean_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.errors := array_remove(coalesce(NEW.errors, '{}'), NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_import_logs_clean BEFORE INSERT OR UPDATE ON nchat_social_import_logs
    FOR EACH ROW EXECUTE FUNCTION nchat_social_clean_log();

-- These hold whoever writes, also a login of Hasura's that may not touch tokens or is bound to rows: they run with the
-- rights of the tables' owner, on the tables of this schema and no other.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['check_integration', 'backfill_soon', 'drop_credential', 'take_tenant',
                                'replan_waiting', 'end_open_deliveries'] LOOP
        -- The last two are another migration's.
        IF to_regprocedure(format('nchat_social_%s()', name)) IS NOT NULL THEN
            EXECUTE format('ALTER FUNCTION nchat_social_%s() SECURITY DEFINER SET search_path = %I, pg_temp',
                           name, current_schema());
        END IF;
    END LOOP;
END $$;
