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
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['check_integration', 'backfill_soon', 'drop_credential', 'replan_waiting',
                                'end_open_deliveries'] LOOP
        IF to_regprocedure(format('nchat_social_%s()', name)) IS NOT NULL THEN
            EXECUTE format('ALTER FUNCTION nchat_social_%s() SECURITY INVOKER RESET search_path', name);
        END IF;
    END LOOP;
END $$;
