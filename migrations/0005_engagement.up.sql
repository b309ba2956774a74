-- Posts that wait for engagement are looked at again by a plan; administrators may try again and post anyway.
SET LOCAL lock_timeout = '5s';

ALTER TABLE nchat_social_integrations ADD COLUMN engagement_window_hours integer NOT NULL DEFAULT 24;
ALTER TABLE nchat_social_integrations ADD CONSTRAINT nchat_social_integrations_window_check
    CHECK (engagement_window_hours BETWEEN 1 AND 168) NOT VALID;
COMMENT ON COLUMN nchat_social_integrations.engagement_window_hours IS
    'How long after its publication a post may still reach min_engagement';

ALTER TABLE nchat_social_deliveries
    ADD COLUMN next_look_at timestamptz,
    ADD COLUMN looks integer NOT NULL DEFAULT 0,
    ADD COLUMN requested_by uuid;
COMMENT ON COLUMN nchat_social_deliveries.next_look_at IS
    'When a waiting post is looked at again; NULL while it waits: at the next poll';
COMMENT ON COLUMN nchat_social_deliveries.looks IS 'How often it was looked at since it was imported';
COMMENT ON COLUMN nchat_social_deliveries.requested_by IS 'Who had it tried again or posted anyway';

-- A table with many rows gets it beforehand, CONCURRENTLY.
CREATE INDEX IF NOT EXISTS nchat_social_deliveries_looks_idx
    ON nchat_social_deliveries (account_id, next_look_at NULLS FIRST) WHERE status = 'waiting';

-- A changed integration decides about its waiting posts at the next poll, whoever changes it.
CREATE FUNCTION nchat_social_replan_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE nchat_social_deliveries SET next_look_at = NULL WHERE integration_id = NEW.id AND status = 'waiting';
    RETURN NULL;
END $$;
CREATE TRIGGER nchat_social_integrations_replan AFTER UPDATE ON nchat_social_integrations FOR EACH ROW
    WHEN ((OLD.channel_id, OLD.auto_post, OLD.filter_hashtags, OLD.filter_keywords, OLD.exclude_retweets,
           OLD.exclude_replies, OLD.min_engagement, OLD.engagement_window_hours)
        IS DISTINCT FROM
          (NEW.channel_id, NEW.auto_post, NEW.filter_hashtags, NEW.filter_keywords, NEW.exclude_retweets,
           NEW.exclude_replies, NEW.min_engagement, NEW.engagement_window_hours))
    EXECUTE FUNCTION nchat_social_replan_waiting();

-- What an integration left undecided ends with it, whoever deletes it.
CREATE FUNCTION nchat_social_end_open_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE nchat_social_deliveries SET status = 'filtered', reason = 'integration_deleted',
        detail = 'The integration was deleted before the post came into the channel.', next_look_at = NULL
    WHERE integration_id = OLD.id AND status IN ('waiting', 'failed');
    RETURN OLD;
END $$;
CREATE TRIGGER nchat_social_integrations_end BEFORE DELETE ON nchat_social_integrations
    FOR EACH ROW EXECUTE FUNCTION nchat_social_end_open_deliveries();
UPDATE nchat_social_deliveries SET status = 'filtered', reason = 'integration_deleted',
    detail = 'The integration was deleted before the post came into the channel.'
WHERE integration_id IS NULL AND status IN ('waiting', 'failed');
