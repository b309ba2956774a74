-- Polling within the platforms' limits, and what it costs. Four of the tables are per deployment and have no tenant: the
-- platforms count, bill and stop the app, whoever's accounts it reads.
SET LOCAL lock_timeout = '5s';

-- How each platform stands with this app. No row: never any trouble. A stop lasts from opened_at to closed_at; before
-- hold_until nobody calls the platform, then one account probes whether it answers again.
CREATE TABLE nchat_social_platforms (
    platform      text PRIMARY KEY,
    code          text,
    message       text,
    opened_at     timestamptz,
    closed_at     timestamptz,
    hold_until    timestamptz,
    strikes       integer NOT NULL DEFAULT 0,
    probe_lease   uuid,
    probe_until   timestamptz,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    usage_percent real,
    usage_at      timestamptz
);
COMMENT ON TABLE nchat_social_platforms IS 'How each platform stands with this app; per deployment';
COMMENT ON COLUMN nchat_social_platforms.opened_at IS 'Start of the present or last stop: one incident, one alarm';
COMMENT ON COLUMN nchat_social_platforms.failures IS 'Polls in a row, of all accounts, that the platform did not answer';

-- Calls of the present UTC day where a platform counts but does not tell: of each login, and of the app (login: zeros).
CREATE TABLE nchat_social_calls (
    platform text NOT NULL,
    login_id uuid NOT NULL,
    endpoint text NOT NULL,
    day      date NOT NULL,
    calls    integer NOT NULL,
    most     integer,
    PRIMARY KEY (platform, login_id, endpoint)
);
CREATE INDEX nchat_social_calls_day_idx ON nchat_social_calls (day);
COMMENT ON TABLE nchat_social_calls IS 'Calls of the day at platforms that count them and do not tell; per deployment';
COMMENT ON COLUMN nchat_social_calls.most IS 'The day''s limit, learned from a refusal';

-- What was billed today: the same thing read twice on a UTC day by the same kind of call is billed once.
CREATE TABLE nchat_social_billed (
    day         date NOT NULL,
    platform    text NOT NULL,
    endpoint    text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('post', 'user')),
    resource_id text NOT NULL,
    PRIMARY KEY (day, platform, endpoint, kind, resource_id)
);
COMMENT ON TABLE nchat_social_billed IS 'Ids billed today and yesterday; per deployment, for the platform bills the app';

-- The day's total of a platform; its row is what concurrent readers of the budget lock.
CREATE TABLE nchat_social_spending (
    platform  text NOT NULL,
    day       date NOT NULL,
    micro_usd bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (platform, day)
);
COMMENT ON TABLE nchat_social_spending IS 'Millionths of a US dollar spent a day; per deployment';

-- Money set aside for readings that are under way (id: the lease) or whose answer was lost (id: the account).
CREATE TABLE nchat_social_reservations (
    id         uuid PRIMARY KEY,
    platform   text NOT NULL,
    micro_usd  bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX nchat_social_reservations_platform_idx ON nchat_social_reservations (platform, expires_at);
COMMENT ON TABLE nchat_social_reservations IS 'Parts of the daily budget that readings may still use; per deployment';

-- The cost of each account by UTC day. Kept when the account goes: what was spent stays spent. Zeros as account_id:
-- spent on connecting.
CREATE TABLE nchat_social_costs (
    source_account_id text NOT NULL DEFAULT 'primary',
    day               date NOT NULL,
    platform          text NOT NULL,
    account_id        uuid NOT NULL,
    posts             integer NOT NULL DEFAULT 0,
    users             integer NOT NULL DEFAULT 0,
    micro_usd         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source_account_id, day, platform, account_id)
);
CREATE INDEX nchat_social_costs_account_idx ON nchat_social_costs (account_id, day);
CREATE INDEX nchat_social_costs_day_idx ON nchat_social_costs (day);
COMMENT ON TABLE nchat_social_costs IS 'Posts and users billed a day, and their price in millionths of a US dollar';
ALTER TABLE nchat_social_costs ENABLE ROW LEVEL SECURITY;
CREATE POLICY nchat_social_costs_tenant ON nchat_social_costs FOR ALL
    USING (nchat_social_tenant_is(source_account_id)) WITH CHECK (nchat_social_tenant_is(source_account_id));

ALTER TABLE nchat_social_accounts ADD COLUMN poll_interval_s integer;
ALTER TABLE nchat_social_accounts ADD CONSTRAINT nchat_social_accounts_poll_interval_check
    CHECK (poll_interval_s BETWEEN 60 AND 86400) NOT VALID;
COMMENT ON COLUMN nchat_social_accounts.poll_interval_s IS 'Seconds between two polls; NULL: the platform''s own';

-- A login that can read one account is offered like one of several, so that its cost can be weighed first.
ALTER TABLE nchat_social_oauth_sessions ADD COLUMN offer_one boolean NOT NULL DEFAULT false;

-- Accounts of a platform that is stopped stay due without being in the way of the others. The index this replaces is
-- no contract: for the minutes until it is replaced an older program claims more slowly.
CREATE INDEX IF NOT EXISTS nchat_social_accounts_turn_idx ON nchat_social_accounts (platform, next_poll_at)
    WHERE is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect';
DROP INDEX IF EXISTS nchat_social_accounts_due_idx;
