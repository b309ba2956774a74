-- Takes the incidents away; messages in channels stay.
SET LOCAL lock_timeout = '5s';
DROP TABLE IF EXISTS nchat_social_incidents;
DROP INDEX IF EXISTS nchat_social_accounts_unwell_idx, nchat_social_credentials_end_idx,
    nchat_social_accounts_alert_channel_idx;
ALTER TABLE nchat_social_accounts DROP COLUMN IF EXISTS alert_channel_id;
