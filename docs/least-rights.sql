-- The rights of the service's login, for an installation where it does not own the tables: `nchat-social migrate` runs as
-- the owner, everything else as this login. Row level security binds it. Replace nchat_social_service by its name;
-- `nchat-social doctor` tells which rights are missing.

-- nchat's tables: read channels, people's names and who administers, write messages. A trigger of nchat's keeps a
-- channel's last message with the rights of whoever writes it.
GRANT USAGE ON SCHEMA public, app, auth TO nchat_social_service;
GRANT SELECT ON nchat_channels, nchat_users, nchat_workspaces, nchat_workspace_members TO nchat_social_service;
GRANT SELECT, INSERT, UPDATE ON nchat_messages TO nchat_social_service;
GRANT UPDATE (message_count, last_message_at, last_message_id) ON nchat_channels TO nchat_social_service;

-- Our own tables.
GRANT SELECT, INSERT, UPDATE, DELETE ON nchat_social_accounts, nchat_social_posts, nchat_social_integrations,
    nchat_social_deliveries, nchat_social_import_logs, nchat_social_credentials, nchat_social_oauth_sessions,
    nchat_social_platforms, nchat_social_calls, nchat_social_billed, nchat_social_spending, nchat_social_reservations,
    nchat_social_costs, nchat_social_requests, nchat_social_audit_log, nchat_social_deletions, nchat_social_incidents,
    nchat_social_leases
    TO nchat_social_service;
GRANT SELECT ON nchat_social_migrations TO nchat_social_service;

-- The queue.
GRANT USAGE ON SCHEMA apalis TO nchat_social_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA apalis TO nchat_social_service;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA apalis TO nchat_social_service;
