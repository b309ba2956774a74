-- Takes limits, stops and costs away; accounts are polled at the platform's interval again.
CREATE INDEX IF NOT EXISTS nchat_social_accounts_due_idx ON nchat_social_accounts (next_poll_at)
    WHERE is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect';
DROP INDEX IF EXISTS nchat_social_accounts_turn_idx;
ALTER TABLE nchat_social_accounts DROP COLUMN IF EXISTS poll_interval_s;
ALTER TABLE nchat_social_oauth_sessions DROP COLUMN IF EXISTS offer_one;
DROP TABLE IF EXISTS nchat_social_platforms, nchat_social_calls, nchat_social_billed, nchat_social_spending,
    nchat_social_reservations, nchat_social_costs;
