-- The tables of nchat's social feature (their columns are what its GraphQL documents name), and beside them what
-- the service keeps for itself. Column comments are read by people in Hasura's console.

-- Tokens of one login; several accounts (LinkedIn pages) can share it. Never tracked by Hasura.
CREATE TABLE nchat_social_credentials (
    id                   uuid PRIMARY KEY,
    source_account_id    text NOT NULL DEFAULT 'primary',
    platform             text NOT NULL CHECK (platform IN ('twitter', 'instagram', 'linkedin')),
    subject              text NOT NULL,
    subject_name         text NOT NULL DEFAULT '',
    access_token_sealed  bytea NOT NULL,
    refresh_token_sealed bytea,
    scopes               text[] NOT NULL DEFAULT '{}',
    access_expires_at    timestamptz,
    refresh_expires_at   timestamptz,
    obtained_at          timestamptz NOT NULL,
    granted_at           timestamptz NOT NULL,
    refresh_failures     integer NOT NULL DEFAULT 0,
    refresh_not_before   timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT nchat_social_credentials_subject_key UNIQUE (source_account_id, platform, subject)
);
COMMENT ON TABLE nchat_social_credentials IS 'Sealed tokens, one row per login. Must not be tracked by Hasura.';

-- One attempt to connect: one-time ticket and state, bound to browser, administrator, tenant and platform.
CREATE TABLE nchat_social_oauth_sessions (
    id                uuid PRIMARY KEY,
    source_account_id text NOT NULL DEFAULT 'primary',
    platform          text NOT NULL CHECK (platform IN ('twitter', 'instagram', 'linkedin')),
    created_by        uuid,
    ticket_hash       bytea UNIQUE,
    state_hash        bytea UNIQUE,
    browser_hash      bytea,
    verifier_sealed   bytea,
    return_path       text NOT NULL DEFAULT '/admin/social',
    status            text NOT NULL DEFAULT 'started'
        CHECK (status IN ('started', 'waiting', 'exchanging', 'choosing', 'connected', 'failed')),
    code              text,
    message           text,
    login_sealed      bytea,
    identities        jsonb NOT NULL DEFAULT '[]',
    account_ids       uuid[] NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL
);
CREATE INDEX nchat_social_oauth_sessions_expires_idx ON nchat_social_oauth_sessions (expires_at);
COMMENT ON TABLE nchat_social_oauth_sessions IS 'Connections being made. Must not be tracked by Hasura.';

CREATE TABLE nchat_social_accounts (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source_account_id       text NOT NULL DEFAULT 'primary',
    platform                text NOT NULL CHECK (platform IN ('twitter', 'instagram', 'linkedin')),
    account_id              text NOT NULL CHECK (account_id <> ''),
    account_name            text NOT NULL DEFAULT '',
    account_handle          text,
    avatar_url              text,
    -- nchat's documents name these two; the service keeps tokens in nchat_social_credentials and leaves them empty.
    access_token_encrypted  text,
    refresh_token_encrypted text,
    token_expires_at        timestamptz,
    is_active               boolean NOT NULL DEFAULT true,
    last_poll_time          timestamptz,
    created_by              uuid,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    profile_url             text,
    callback_id             text,
    credential_id           uuid REFERENCES nchat_social_credentials (id) ON DELETE SET NULL,
    -- Health, for people.
    health                  text NOT NULL DEFAULT 'connected'
        CHECK (health IN ('connected', 'degraded', 'paused', 'needs_reconnect')),
    health_code             text,
    health_message          text,
    health_since            timestamptz,
    -- The schedule: the row is the truth, the queue only a nudge.
    cursor                  jsonb,
    baseline_at             timestamptz,
    next_poll_at            timestamptz NOT NULL DEFAULT now(),
    next_poll_reason        text NOT NULL DEFAULT 'new',
    due_at                  timestamptz,
    hold_until              timestamptz,
    lease_id                uuid,
    lease_until             timestamptz,
    poll_requested_at       timestamptz,
    poll_requested_by       uuid,
    failures                integer NOT NULL DEFAULT 0,
    quiet_polls             bigint NOT NULL DEFAULT 0,
    retry_at                timestamptz,
    last_message_at         timestamptz,
    CONSTRAINT nchat_social_accounts_platform_account_id_key UNIQUE (source_account_id, platform, account_id)
) WITH (fillfactor = 80);
CREATE INDEX nchat_social_accounts_due_idx ON nchat_social_accounts (next_poll_at)
    WHERE is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect';
CREATE INDEX nchat_social_accounts_lease_idx ON nchat_social_accounts (lease_id) WHERE lease_id IS NOT NULL;
CREATE INDEX nchat_social_accounts_credential_idx ON nchat_social_accounts (credential_id);
COMMENT ON COLUMN nchat_social_accounts.account_id IS 'The platform''s own id of the account';
COMMENT ON COLUMN nchat_social_accounts.baseline_at IS 'First reading, from which on posts are new; NULL: the next poll takes stock and posts nothing';
COMMENT ON COLUMN nchat_social_accounts.quiet_polls IS 'Polls that brought nothing new since the last import log';

CREATE TABLE nchat_social_posts (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source_account_id     text NOT NULL DEFAULT 'primary',
    account_id            uuid NOT NULL REFERENCES nchat_social_accounts (id) ON DELETE CASCADE,
    post_id               text NOT NULL CHECK (post_id <> ''),
    post_url              text NOT NULL DEFAULT '',
    content               text NOT NULL DEFAULT '',
    author_name           text NOT NULL DEFAULT '',
    author_handle         text,
    author_avatar_url     text,
    media_urls            text[] NOT NULL DEFAULT '{}',
    media_types           text[] NOT NULL DEFAULT '{}',
    hashtags              text[] NOT NULL DEFAULT '{}',
    mentions              text[] NOT NULL DEFAULT '{}',
    engagement            jsonb NOT NULL DEFAULT '{}',
    posted_at             timestamptz NOT NULL,
    imported_at           timestamptz NOT NULL DEFAULT now(),
    was_posted_to_channel boolean NOT NULL DEFAULT false,
    posted_to_channels    jsonb NOT NULL DEFAULT '[]',
    import_error          text,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    version_id            text NOT NULL DEFAULT '',
    details               jsonb NOT NULL DEFAULT '{}',
    edited_at             timestamptz,
    CONSTRAINT nchat_social_posts_account_id_post_id_key UNIQUE (account_id, post_id)
);
CREATE INDEX nchat_social_posts_account_posted_idx ON nchat_social_posts (account_id, posted_at DESC, id DESC);
CREATE INDEX nchat_social_posts_tenant_posted_idx ON nchat_social_posts (source_account_id, posted_at DESC, id DESC);
COMMENT ON COLUMN nchat_social_posts.post_id IS 'The platform''s id, the same through every edit';
COMMENT ON COLUMN nchat_social_posts.details IS 'What the embed needs beyond the columns: author link, quoted post, media with alt text';

CREATE TABLE nchat_social_integrations (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source_account_id text NOT NULL DEFAULT 'primary',
    account_id        uuid NOT NULL REFERENCES nchat_social_accounts (id) ON DELETE CASCADE,
    channel_id        uuid NOT NULL REFERENCES nchat_channels (id) ON DELETE CASCADE,
    auto_post         boolean NOT NULL DEFAULT true,
    filter_hashtags   text[] NOT NULL DEFAULT '{}',
    filter_keywords   text[] NOT NULL DEFAULT '{}',
    exclude_retweets  boolean NOT NULL DEFAULT false,
    exclude_replies   boolean NOT NULL DEFAULT false,
    min_engagement    integer NOT NULL DEFAULT 0 CHECK (min_engagement >= 0),
    created_by        uuid,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    backfill_count    integer NOT NULL DEFAULT 0 CHECK (backfill_count BETWEEN 0 AND 50),
    backfilled_at     timestamptz,
    CHECK (cardinality(filter_hashtags) <= 50),
    CHECK (cardinality(filter_keywords) <= 50)
);
CREATE INDEX nchat_social_integrations_account_idx ON nchat_social_integrations (account_id);
CREATE INDEX nchat_social_integrations_channel_idx ON nchat_social_integrations (channel_id);

-- The decision for every post and integration, and where its message is. One row decides "exactly once".
CREATE TABLE nchat_social_deliveries (
    id                uuid PRIMARY KEY,
    source_account_id text NOT NULL DEFAULT 'primary',
    account_id        uuid NOT NULL REFERENCES nchat_social_accounts (id) ON DELETE CASCADE,
    post_id           uuid NOT NULL REFERENCES nchat_social_posts (id) ON DELETE CASCADE,
    integration_id    uuid REFERENCES nchat_social_integrations (id) ON DELETE SET NULL,
    channel_id        uuid NOT NULL,
    status            text NOT NULL CHECK (status IN ('delivered', 'filtered', 'waiting', 'failed')),
    reason            text,
    detail            text,
    message_id        uuid,
    attempts          integer NOT NULL DEFAULT 1,
    decided_at        timestamptz NOT NULL,
    delivered_at      timestamptz,
    CONSTRAINT nchat_social_deliveries_post_integration_key UNIQUE (post_id, integration_id),
    CHECK ((status = 'delivered') = (message_id IS NOT NULL))
);
CREATE INDEX nchat_social_deliveries_open_idx ON nchat_social_deliveries (account_id, post_id)
    WHERE status IN ('waiting', 'failed');
CREATE INDEX nchat_social_deliveries_integration_idx ON nchat_social_deliveries (integration_id);

CREATE TABLE nchat_social_import_logs (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source_account_id text NOT NULL DEFAULT 'primary',
    account_id        uuid NOT NULL REFERENCES nchat_social_accounts (id) ON DELETE CASCADE,
    import_type       text NOT NULL DEFAULT 'scheduled' CHECK (import_type IN ('scheduled', 'manual', 'webhook')),
    posts_fetched     integer NOT NULL DEFAULT 0,
    posts_imported    integer NOT NULL DEFAULT 0,
    posts_filtered    integer NOT NULL DEFAULT 0,
    posts_posted      integer NOT NULL DEFAULT 0,
    errors            text[] NOT NULL DEFAULT '{}',
    started_at        timestamptz NOT NULL DEFAULT now(),
    completed_at      timestamptz,
    status            text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed')),
    posts_waiting     integer NOT NULL DEFAULT 0,
    messages_posted   integer NOT NULL DEFAULT 0,
    quiet_polls       bigint NOT NULL DEFAULT 0,
    code              text,
    requested_by      uuid
);
CREATE INDEX nchat_social_import_logs_account_idx ON nchat_social_import_logs (account_id, started_at DESC, id DESC);
CREATE INDEX nchat_social_import_logs_tenant_idx ON nchat_social_import_logs (source_account_id, started_at DESC, id DESC);
CREATE INDEX nchat_social_import_logs_completed_idx ON nchat_social_import_logs (completed_at);
COMMENT ON COLUMN nchat_social_import_logs.posts_filtered IS 'New posts that no integration let through (posts, not posts times integrations)';
COMMENT ON COLUMN nchat_social_import_logs.posts_posted IS 'Posts that went to at least one channel in this import';
COMMENT ON COLUMN nchat_social_import_logs.quiet_polls IS 'Polls before this one, since the previous log, that brought nothing new';

-- updated_at: only when a person's columns change, so that a poll does not look like an edit.
CREATE FUNCTION nchat_social_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_accounts_touch BEFORE UPDATE ON nchat_social_accounts FOR EACH ROW
    WHEN ((OLD.account_name, OLD.account_handle, OLD.avatar_url, OLD.is_active, OLD.credential_id, OLD.health)
        IS DISTINCT FROM
        (NEW.account_name, NEW.account_handle, NEW.avatar_url, NEW.is_active, NEW.credential_id, NEW.health))
    EXECUTE FUNCTION nchat_social_touch();
CREATE TRIGGER nchat_social_credentials_touch BEFORE UPDATE ON nchat_social_credentials
    FOR EACH ROW EXECUTE FUNCTION nchat_social_touch();
CREATE TRIGGER nchat_social_posts_touch BEFORE UPDATE ON nchat_social_posts
    FOR EACH ROW EXECUTE FUNCTION nchat_social_touch();
CREATE TRIGGER nchat_social_integrations_touch BEFORE UPDATE ON nchat_social_integrations
    FOR EACH ROW EXECUTE FUNCTION nchat_social_touch();

-- nchat's document sends posted_to_channels: {"_append": [...]} inside _set: make it the append it means.
CREATE FUNCTION nchat_social_append_channels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_typeof(NEW.posted_to_channels) = 'object' AND NEW.posted_to_channels ? '_append' THEN
        NEW.posted_to_channels := OLD.posted_to_channels || (NEW.posted_to_channels -> '_append');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_posts_append BEFORE UPDATE OF posted_to_channels ON nchat_social_posts
    FOR EACH ROW EXECUTE FUNCTION nchat_social_append_channels();

-- Whoever writes an integration: its tenant is the account's, its channel is of that tenant, its lists are clean.
CREATE FUNCTION nchat_social_check_integration() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tenant text;
    channel_tenant text;
BEGIN
    SELECT source_account_id INTO tenant FROM nchat_social_accounts WHERE id = NEW.account_id;
    SELECT source_account_id INTO channel_tenant FROM nchat_channels WHERE id = NEW.channel_id;
    IF tenant IS NOT NULL AND channel_tenant IS NOT NULL AND tenant <> channel_tenant THEN
        RAISE EXCEPTION 'the channel belongs to another workspace' USING ERRCODE = 'check_violation';
    END IF;
    NEW.source_account_id := coalesce(tenant, NEW.source_account_id);
    -- Each once, in the order they were given.
    NEW.filter_hashtags := ARRAY(
        SELECT ltrim(btrim(tag), '#＃') FROM unnest(coalesce(NEW.filter_hashtags, '{}')) WITH ORDINALITY AS t(tag, place)
        WHERE ltrim(btrim(tag), '#＃') <> '' GROUP BY 1 ORDER BY min(place));
    NEW.filter_keywords := ARRAY(
        SELECT btrim(word) FROM unnest(coalesce(NEW.filter_keywords, '{}')) WITH ORDINALITY AS t(word, place)
        WHERE btrim(word) NOT IN ('', '*') GROUP BY 1 ORDER BY min(place));
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_integrations_check BEFORE INSERT OR UPDATE ON nchat_social_integrations
    FOR EACH ROW EXECUTE FUNCTION nchat_social_check_integration();

-- An integration that asks for older posts is served at once, whoever created it.
CREATE FUNCTION nchat_social_backfill_soon() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE nchat_social_accounts SET next_poll_at = least(next_poll_at, now()), next_poll_reason = 'backfill'
    WHERE id = NEW.account_id AND (hold_until IS NULL OR hold_until < now());
    RETURN NULL;
END $$;
CREATE TRIGGER nchat_social_integrations_backfill AFTER INSERT ON nchat_social_integrations
    FOR EACH ROW WHEN (NEW.backfill_count > 0 AND NEW.backfilled_at IS NULL)
    EXECUTE FUNCTION nchat_social_backfill_soon();

-- Switching an account on again takes stock first: what was written meanwhile is no flood.
CREATE FUNCTION nchat_social_account_resumed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.baseline_at := NULL;
    NEW.next_poll_at := now();
    NEW.next_poll_reason := 'resumed';
    RETURN NEW;
END $$;
CREATE TRIGGER nchat_social_accounts_resumed BEFORE UPDATE OF is_active ON nchat_social_accounts
    FOR EACH ROW WHEN (NEW.is_active AND NOT OLD.is_active) EXECUTE FUNCTION nchat_social_account_resumed();

-- The last account of a login takes its tokens with it, whoever deletes it.
CREATE FUNCTION nchat_social_drop_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM nchat_social_credentials c
    WHERE c.id = OLD.credential_id
      AND NOT EXISTS (SELECT FROM nchat_social_accounts a WHERE a.credential_id = c.id);
    RETURN NULL;
END $$;
CREATE TRIGGER nchat_social_accounts_credential AFTER DELETE OR UPDATE OF credential_id ON nchat_social_accounts
    FOR EACH ROW WHEN (OLD.credential_id IS NOT NULL) EXECUTE FUNCTION nchat_social_drop_credential();

-- Rows are bound to their tenant for every login but the tables' owner. '*' is the scheduler, which claims across
-- tenants; nchat's own tables know no '*', so a message can only be written inside one tenant.
CREATE FUNCTION nchat_social_tenant_is(row_tenant text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT current_setting('app.current_source_account_id', true) IN (row_tenant, '*') $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['accounts', 'posts', 'integrations', 'import_logs', 'deliveries', 'credentials',
                                'oauth_sessions'] LOOP
        EXECUTE format('ALTER TABLE nchat_social_%s ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY nchat_social_%s_tenant ON nchat_social_%s FOR ALL '
                       'USING (nchat_social_tenant_is(source_account_id)) '
                       'WITH CHECK (nchat_social_tenant_is(source_account_id))', name, name);
    END LOOP;
END $$;
