SET LOCAL lock_timeout = '5s';
COMMENT ON COLUMN nchat_social_credentials.refresh_failures IS NULL;
ALTER TABLE nchat_social_credentials DROP COLUMN refresh_code;
