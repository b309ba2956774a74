-- Waiting posts stay waiting, as the program before knew them.
SET LOCAL lock_timeout = '5s';
DROP TRIGGER IF EXISTS nchat_social_integrations_replan ON nchat_social_integrations;
DROP TRIGGER IF EXISTS nchat_social_integrations_end ON nchat_social_integrations;
DROP FUNCTION IF EXISTS nchat_social_replan_waiting(), nchat_social_end_open_deliveries();
DROP INDEX IF EXISTS nchat_social_deliveries_looks_idx;
ALTER TABLE nchat_social_deliveries
    DROP COLUMN IF EXISTS next_look_at, DROP COLUMN IF EXISTS looks, DROP COLUMN IF EXISTS requested_by;
ALTER TABLE nchat_social_integrations
    DROP CONSTRAINT IF EXISTS nchat_social_integrations_window_check, DROP COLUMN IF EXISTS engagement_window_hours;
