-- Takes the rules away; no row is lost.
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS nchat_social_integrations_complete ON nchat_social_integrations;
DROP TRIGGER IF EXISTS nchat_social_posts_tenant ON nchat_social_posts;
DROP TRIGGER IF EXISTS nchat_social_import_logs_tenant ON nchat_social_import_logs;
DROP TRIGGER IF EXISTS nchat_social_deliveries_tenant ON nchat_social_deliveries;
DROP TRIGGER IF EXISTS nchat_social_accounts_tenant ON nchat_social_accounts;
DROP TRIGGER IF EXISTS nchat_social_accounts_unconnected ON nchat_social_accounts;
DROP TRIGGER IF EXISTS nchat_social_accounts_switched ON nchat_social_accounts;
DROP TRIGGER IF EXISTS nchat_social_posts_clean ON nchat_social_posts;
DROP TRIGGER IF EXISTS nchat_social_posts_clean_again ON nchat_social_posts;
DROP TRIGGER IF EXISTS nchat_social_import_logs_clean ON nchat_social_import_logs;
ALTER TABLE nchat_social_posts DROP CONSTRAINT IF EXISTS nchat_social_posts_engagement_check;
DROP FUNCTION IF EXISTS nchat_social_complete_integration(), nchat_social_hasura_user(), nchat_social_take_tenant(),
    nchat_social_keep_tenant(), nchat_social_account_unconnected(), nchat_social_account_switched(),
    nchat_social_clean_post(), nchat_social_clean_log();
ALTER FUNCTION nchat_social_check_integration() SECURITY INVOKER RESET search_path;
ALTER FUNCTION nchat_social_backfill_soon() SECURITY INVOKER RESET search_path;
ALTER FUNCTION nchat_social_drop_credential() SECURITY INVOKER RESET search_path;
