SET LOCAL lock_timeout = '5s';
DROP TABLE nchat_social_incidents;
DROP INDEX IF EXISTS nchat_social_credentials_end_idx;
DROP INDEX IF EXISTS nchat_social_accounts_stopped_idx;
ALTER TABLE nchat_social_accounts DROP COLUMN alert_channel_id;
