-- What the last renewal of a login failed with, so that it is told apart who must act: nobody, a person, the operator.
SET LOCAL lock_timeout = '5s';
ALTER TABLE nchat_social_credentials ADD COLUMN refresh_code text;
COMMENT ON COLUMN nchat_social_credentials.refresh_code IS 'The last renewal failed with this; NULL: it worked';
COMMENT ON COLUMN nchat_social_credentials.refresh_failures IS 'Renewals in a row that failed in the same way; the operator''s faults do not count';
