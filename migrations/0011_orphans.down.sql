-- The rules as they were before; no row is lost.
SET LOCAL lock_timeout = '5s';
DROP INDEX IF EXISTS nchat_social_credentials_ends_idx;
DROP TRIGGER IF EXISTS nchat_social_integrations_kind ON nchat_social_integrations;
DROP TRIGGER IF EXISTS nchat_social_integrations_kind_again ON nchat_social_integrations;
DROP FUNCTION IF EXISTS nchat_social_check_channel();

CREATE OR REPLACE FUNCTION nchat_social_drop_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM nchat_social_credentials c
    WHERE c.id = OLD.credential_id
      AND NOT EXISTS (SELECT FROM nchat_social_accounts a WHERE a.credential_id = c.id);
    RETURN NULL;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION nchat_social_drop_credential() SECURITY DEFINER SET search_path = %I, pg_temp',
                   current_schema());
END $$;
