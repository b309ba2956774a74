-- Leases are found by their accounts' rows again. Who is leased just now is due again when the lease ends.
SET LOCAL lock_timeout = '5s';
CREATE INDEX IF NOT EXISTS nchat_social_accounts_lease_idx ON nchat_social_accounts (lease_id) WHERE lease_id IS NOT NULL;
DROP TABLE nchat_social_leases;
