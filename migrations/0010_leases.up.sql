-- A lease names its accounts, and a claim leaves an account's indexed columns alone: a claimed row moves within its page.
-- Per deployment: a lease is of whoever's accounts are due. The index this drops is no contract: for the minutes until it
-- is replaced an older program reads its leases more slowly.
SET LOCAL lock_timeout = '5s';
CREATE TABLE nchat_social_leases (
    id          uuid PRIMARY KEY,
    account_ids uuid[] NOT NULL,
    ends_at     timestamptz NOT NULL
);
COMMENT ON TABLE nchat_social_leases IS 'Which accounts each lease holds, or held until they were taken from it; per deployment';
DROP INDEX IF EXISTS nchat_social_accounts_lease_idx;
