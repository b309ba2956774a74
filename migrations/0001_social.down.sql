-- Takes the service's tables away, with every imported post and every token. Messages in channels stay.
DROP TABLE IF EXISTS nchat_social_deliveries, nchat_social_import_logs, nchat_social_integrations, nchat_social_posts,
    nchat_social_accounts, nchat_social_oauth_sessions, nchat_social_credentials CASCADE;
DROP FUNCTION IF EXISTS nchat_social_touch(), nchat_social_append_channels(), nchat_social_check_integration(),
    nchat_social_backfill_soon(), nchat_social_account_resumed(), nchat_social_drop_credential(),
    nchat_social_tenant_is(text);
