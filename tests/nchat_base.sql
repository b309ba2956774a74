-- A stand-in for the part of nchat's database that this service meets, for tests and for `make run` on an empty
-- database. Never for an installation that has nchat's own tables.
--
-- Columns, types, nullability, defaults, foreign keys, triggers and policies are those of nchat's migrations
-- (https://github.com/nself-org/nchat), oddities included: most flags and counters have NO default, so a row that
-- leaves them out holds NULL. Where nchat's import lost the brackets of an array type, the intended array stands here.
-- Everything is created only where it is missing, so running the file twice changes nothing.

-- Roles belong to the whole cluster: another database may create this one at the same moment.
DO $$
BEGIN
  CREATE ROLE hasura NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

CREATE SCHEMA IF NOT EXISTS app;
CREATE SCHEMA IF NOT EXISTS auth;
GRANT USAGE ON SCHEMA auth TO hasura;

-- Types ---------------------------------------------------------------------------------------------------------------

DO $$
DECLARE
  enumeration record;
BEGIN
  FOR enumeration IN
    SELECT * FROM (VALUES
      ('user_status',  $e$'active', 'inactive', 'suspended', 'deleted'$e$),
      ('channel_type', $e$'public', 'private', 'direct', 'group', 'announcement'$e$),
      ('message_type', $e$'text', 'system', 'bot', 'file', 'voice', 'video', 'embed'$e$),
      ('member_role',  $e$'owner', 'admin', 'moderator', 'member', 'guest'$e$)
    ) AS wanted (name, labels)
  LOOP
    IF to_regtype('public.' || enumeration.name) IS NULL THEN
      EXECUTE format('CREATE TYPE public.%I AS ENUM (%s)', enumeration.name, enumeration.labels);
    END IF;
  END LOOP;
END
$$;

-- Tables --------------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS nchat_users (
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email             varchar(255) NOT NULL UNIQUE,
  display_name      varchar(100) NOT NULL,
  username          varchar(50) UNIQUE,
  avatar_url        text,
  status            user_status NOT NULL DEFAULT 'active',
  email_verified    boolean NOT NULL,
  phone             varchar(20),
  phone_verified    boolean,
  locale            varchar(10) DEFAULT 'en',
  timezone          varchar(50) DEFAULT 'UTC',
  metadata          jsonb DEFAULT '{}',
  last_seen_at      timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  deleted_at        timestamptz,
  source_account_id text NOT NULL DEFAULT 'primary'
);

CREATE TABLE IF NOT EXISTS nchat_workspaces (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name               varchar(100) NOT NULL,
  slug               varchar(100) NOT NULL UNIQUE,
  description        text,
  logo_url           text,
  icon_url           text,
  banner_url         text,
  primary_color      varchar(7),
  is_public          boolean,
  is_discoverable    boolean,
  allow_invites      boolean,
  require_approval   boolean,
  default_channel_id uuid,
  features           jsonb DEFAULT '{}',
  max_members        integer,
  max_channels       integer,
  max_storage_bytes  bigint,
  member_count       integer,
  channel_count      integer,
  message_count      integer,
  storage_used_bytes bigint,
  owner_id           uuid CONSTRAINT fk_workspaces_owner REFERENCES nchat_users (id) ON DELETE SET NULL,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  source_account_id  text NOT NULL DEFAULT 'primary'
);

-- No source_account_id here: nchat counts memberships as configuration of the workspace, which has one.
CREATE TABLE IF NOT EXISTS nchat_workspace_members (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  workspace_id uuid NOT NULL
    CONSTRAINT fk_workspace_members_workspace REFERENCES nchat_workspaces (id) ON DELETE CASCADE,
  user_id      uuid NOT NULL CONSTRAINT fk_workspace_members_user REFERENCES nchat_users (id) ON DELETE CASCADE,
  role         member_role NOT NULL DEFAULT 'member',
  nickname     varchar(100),
  is_owner     boolean,
  is_banned    boolean,
  ban_reason   text,
  banned_at    timestamptz,
  banned_by    uuid CONSTRAINT fk_workspace_members_banned_by REFERENCES nchat_users (id) ON DELETE SET NULL,
  joined_at    timestamptz NOT NULL DEFAULT now(),
  invited_by   uuid CONSTRAINT fk_workspace_members_invited_by REFERENCES nchat_users (id) ON DELETE SET NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_nchat_workspace_members_unique ON nchat_workspace_members (workspace_id, user_id);

CREATE TABLE IF NOT EXISTS nchat_channels (
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  workspace_id      uuid CONSTRAINT fk_channels_workspace REFERENCES nchat_workspaces (id) ON DELETE CASCADE,
  category_id       uuid, -- nchat_categories is left out: nothing here reads it
  name              varchar(100) NOT NULL,
  slug              varchar(100) NOT NULL,
  description       text,
  topic             varchar(500),
  type              channel_type NOT NULL DEFAULT 'public',
  icon              varchar(50),
  color             varchar(7),
  position          integer,
  is_default        boolean,
  is_archived       boolean,
  is_readonly       boolean,
  is_nsfw           boolean,
  slowmode_seconds  integer,
  max_members       integer,
  member_count      integer,
  message_count     integer,
  last_message_at   timestamptz,
  last_message_id   uuid,
  retention_days    integer,
  created_by        uuid CONSTRAINT fk_channels_created_by REFERENCES nchat_users (id) ON DELETE SET NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  archived_at       timestamptz,
  source_account_id text NOT NULL DEFAULT 'primary'
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_nchat_channels_workspace_slug ON nchat_channels (workspace_id, slug);
CREATE INDEX IF NOT EXISTS idx_nchat_channels_source_account ON nchat_channels (source_account_id, created_at DESC);

CREATE TABLE IF NOT EXISTS nchat_channel_members (
  id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  channel_id           uuid NOT NULL
    CONSTRAINT fk_channel_members_channel REFERENCES nchat_channels (id) ON DELETE CASCADE,
  user_id              uuid NOT NULL CONSTRAINT fk_channel_members_user REFERENCES nchat_users (id) ON DELETE CASCADE,
  role                 member_role NOT NULL DEFAULT 'member',
  nickname             varchar(100),
  can_read             boolean,
  can_write            boolean,
  can_manage           boolean,
  can_invite           boolean,
  can_pin              boolean,
  can_delete_messages  boolean,
  can_mention_everyone boolean,
  is_muted             boolean,
  muted_until          timestamptz,
  is_pinned            boolean,
  notification_level   varchar(20) DEFAULT 'all',
  last_read_message_id uuid,
  last_read_at         timestamptz,
  unread_count         integer,
  mention_count        integer,
  joined_at            timestamptz NOT NULL DEFAULT now(),
  invited_by           uuid CONSTRAINT fk_channel_members_invited_by REFERENCES nchat_users (id) ON DELETE SET NULL,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  source_account_id    text NOT NULL DEFAULT 'primary'
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_nchat_channel_members_unique ON nchat_channel_members (channel_id, user_id);

CREATE TABLE IF NOT EXISTS nchat_messages (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  channel_id         uuid NOT NULL CONSTRAINT fk_messages_channel REFERENCES nchat_channels (id) ON DELETE CASCADE,
  user_id            uuid CONSTRAINT fk_messages_user REFERENCES nchat_users (id) ON DELETE SET NULL,
  thread_id          uuid, -- references nchat_threads, below
  parent_message_id  uuid CONSTRAINT fk_messages_parent REFERENCES nchat_messages (id) ON DELETE SET NULL,
  content            text,
  content_html       text,
  content_plain      text,
  type               message_type NOT NULL DEFAULT 'text',
  metadata           jsonb DEFAULT '{}',
  mentions           uuid[] DEFAULT '{}',
  mentioned_roles    varchar(50)[] DEFAULT '{}',
  mentioned_channels uuid[] DEFAULT '{}',
  embeds             jsonb,
  is_edited          boolean,
  is_pinned          boolean,
  is_deleted         boolean,
  is_system          boolean,
  reaction_count     integer,
  reply_count        integer,
  scheduled_at       timestamptz,
  published_at       timestamptz,
  edited_at          timestamptz,
  deleted_at         timestamptz,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  source_account_id  text NOT NULL DEFAULT 'primary'
);
CREATE INDEX IF NOT EXISTS idx_nchat_messages_channel_created ON nchat_messages (channel_id, created_at);
CREATE INDEX IF NOT EXISTS idx_nchat_messages_source_account ON nchat_messages (source_account_id, created_at DESC);

CREATE TABLE IF NOT EXISTS nchat_threads (
  id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  channel_id            uuid NOT NULL CONSTRAINT fk_threads_channel REFERENCES nchat_channels (id) ON DELETE CASCADE,
  root_message_id       uuid NOT NULL UNIQUE
    CONSTRAINT fk_threads_root_message REFERENCES nchat_messages (id) ON DELETE CASCADE,
  name                  varchar(100),
  message_count         integer,
  participant_count     integer,
  is_locked             boolean,
  is_archived           boolean,
  auto_archive_duration integer,
  last_message_at       timestamptz,
  last_message_id       uuid,
  archived_at           timestamptz,
  created_by            uuid CONSTRAINT fk_threads_created_by REFERENCES nchat_users (id) ON DELETE SET NULL,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  source_account_id     text NOT NULL DEFAULT 'primary'
);

CREATE INDEX IF NOT EXISTS idx_nchat_users_source_account ON nchat_users (source_account_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_nchat_workspaces_source_account ON nchat_workspaces (source_account_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_nchat_workspace_members_user_id ON nchat_workspace_members (user_id);
CREATE INDEX IF NOT EXISTS idx_nchat_channel_members_source_account
  ON nchat_channel_members (source_account_id, joined_at DESC);
CREATE INDEX IF NOT EXISTS idx_nchat_threads_source_account ON nchat_threads (source_account_id, created_at DESC);

-- Messages and threads point at each other, so this one comes last.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'fk_messages_thread'
                    AND conrelid = 'nchat_messages'::regclass) THEN
    ALTER TABLE nchat_messages ADD CONSTRAINT fk_messages_thread
      FOREIGN KEY (thread_id) REFERENCES nchat_threads (id) ON DELETE SET NULL;
  END IF;
END
$$;

-- Triggers ------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION trigger_set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

-- As in nchat, NULL + 1 stays NULL: message_count only counts where somebody set it. Runs with the rights of the login
-- that writes the message, which therefore needs UPDATE on these columns.
CREATE OR REPLACE FUNCTION trigger_update_channel_message_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.thread_id IS NULL THEN
      UPDATE nchat_channels SET message_count = greatest(message_count - 1, 0) WHERE id = OLD.channel_id;
    END IF;
    RETURN OLD;
  END IF;
  IF NEW.thread_id IS NULL THEN
    UPDATE nchat_channels
       SET message_count = message_count + 1, last_message_at = NEW.created_at, last_message_id = NEW.id
     WHERE id = NEW.channel_id;
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION trigger_update_thread_message_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.thread_id IS NOT NULL THEN
      UPDATE nchat_threads SET message_count = greatest(message_count - 1, 0) WHERE id = OLD.thread_id;
    END IF;
    RETURN OLD;
  END IF;
  IF NEW.thread_id IS NOT NULL THEN
    UPDATE nchat_threads
       SET message_count = message_count + 1, last_message_at = NEW.created_at, last_message_id = NEW.id
     WHERE id = NEW.thread_id;
  END IF;
  RETURN NEW;
END
$$;

-- The same for how many members and channels there are; NULL stays NULL here too.
DO $$
DECLARE
  counted record;
BEGIN
  FOR counted IN
    SELECT * FROM (VALUES
      ('nchat_channel_members', 'update_channel_member_count', 'nchat_channels', 'member_count', 'channel_id'),
      ('nchat_workspace_members', 'update_workspace_member_count', 'nchat_workspaces', 'member_count', 'workspace_id'),
      ('nchat_channels', 'update_workspace_channel_count', 'nchat_workspaces', 'channel_count', 'workspace_id')
    ) AS counts (of_rows, name, on_table, counter, key)
  LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION trigger_%1$s() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          UPDATE %2$I SET %3$I = %3$I + 1 WHERE id = NEW.%4$I;
        ELSE
          UPDATE %2$I SET %3$I = greatest(%3$I - 1, 0) WHERE id = OLD.%4$I;
        END IF;
        RETURN coalesce(NEW, OLD);
      END
      $body$ $f$, counted.name, counted.on_table, counted.counter, counted.key);
    EXECUTE format('CREATE OR REPLACE TRIGGER %1$I AFTER INSERT OR DELETE ON %2$I
                    FOR EACH ROW EXECUTE FUNCTION trigger_%1$s()', counted.name, counted.of_rows);
  END LOOP;
END
$$;

-- nchat attaches set_updated_at once, to the tables of that moment; tables that come later bring their own.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['nchat_users', 'nchat_workspaces', 'nchat_workspace_members', 'nchat_channels',
                              'nchat_channel_members', 'nchat_messages', 'nchat_threads']
  LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON %I
                    FOR EACH ROW EXECUTE FUNCTION trigger_set_updated_at()', name);
  END LOOP;
END
$$;
CREATE OR REPLACE TRIGGER update_channel_message_count AFTER INSERT OR DELETE ON nchat_messages
  FOR EACH ROW EXECUTE FUNCTION trigger_update_channel_message_count();
CREATE OR REPLACE TRIGGER update_thread_message_count AFTER INSERT OR DELETE ON nchat_messages
  FOR EACH ROW EXECUTE FUNCTION trigger_update_thread_message_count();

-- Who is asking -------------------------------------------------------------------------------------------------------

-- NULL when unset or empty: then no row matches.
CREATE OR REPLACE FUNCTION app.current_source_account_id() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('app.current_source_account_id', true), '')
$$;

-- Fails on an empty setting, as nchat's does: a setting that was once local to a transaction is '' afterwards.
CREATE OR REPLACE FUNCTION auth.user_id() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('hasura.user.id', true)::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
$$;

CREATE OR REPLACE FUNCTION auth.user_role() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('hasura.user.role', true), 'anonymous')
$$;

CREATE OR REPLACE FUNCTION auth.is_admin() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT auth.user_role() IN ('admin', 'owner')
$$;

-- A member of the channel, or anybody where it is public. Announcement channels are for members.
CREATE OR REPLACE FUNCTION auth.has_channel_access(p_channel_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT EXISTS (SELECT FROM nchat_channels WHERE id = p_channel_id AND type = 'public')
      OR EXISTS (SELECT FROM nchat_channel_members WHERE channel_id = p_channel_id AND user_id = auth.user_id())
$$;

-- Owners and admins of the channel may do anything; members by their flags, where NULL means the default of the right.
CREATE OR REPLACE FUNCTION auth.has_channel_permission(p_channel_id uuid, p_permission text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT coalesce(
    (SELECT CASE
              WHEN role IN ('owner', 'admin') THEN true
              WHEN p_permission = 'read' THEN coalesce(can_read, true)
              WHEN p_permission = 'write' THEN coalesce(can_write, true)
              WHEN p_permission = 'manage' THEN coalesce(can_manage, false)
              WHEN p_permission = 'delete_messages' THEN coalesce(can_delete_messages, role = 'moderator')
              ELSE false
            END
       FROM nchat_channel_members WHERE channel_id = p_channel_id AND user_id = auth.user_id()),
    false)
$$;

CREATE OR REPLACE FUNCTION auth.is_workspace_member(p_workspace_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT EXISTS (SELECT FROM nchat_workspace_members
                  WHERE workspace_id = p_workspace_id AND user_id = auth.user_id() AND NOT is_banned)
$$;

-- Policies: on, but not forced, so the tables' owner is not bound. All are permissive: one that agrees is enough. ------

DO $$
DECLARE
  name text;
  policy record;
BEGIN
  FOREACH name IN ARRAY ARRAY['nchat_users', 'nchat_workspaces', 'nchat_workspace_members', 'nchat_channels',
                              'nchat_channel_members', 'nchat_messages', 'nchat_threads']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  END LOOP;

  FOR policy IN
    -- By person: what Hasura's session says about the one who asks.
    SELECT * FROM (VALUES
      ('nchat_users', 'users_select', 'SELECT', $p$deleted_at IS NULL AND auth.user_role() <> 'anonymous'$p$, NULL),
      ('nchat_users', 'users_update', 'UPDATE', 'id = auth.user_id()', NULL),
      ('nchat_users', 'users_admin', 'ALL', 'auth.is_admin()', NULL),
      ('nchat_workspaces', 'workspaces_select', 'SELECT',
        'is_public OR auth.is_workspace_member(id) OR auth.is_admin()', NULL),
      ('nchat_workspaces', 'workspaces_insert', 'INSERT', NULL, $p$auth.user_role() <> 'anonymous'$p$),
      ('nchat_workspaces', 'workspaces_update', 'UPDATE', 'owner_id = auth.user_id() OR auth.is_admin()', NULL),
      ('nchat_workspace_members', 'workspace_members_select', 'SELECT',
        'auth.is_workspace_member(workspace_id) OR user_id = auth.user_id()', NULL),
      ('nchat_channels', 'channels_select', 'SELECT',
        $p$type = 'public' OR auth.has_channel_access(id) OR auth.is_admin()$p$, NULL),
      ('nchat_channels', 'channels_insert', 'INSERT', NULL, $p$auth.user_role() <> 'anonymous'$p$),
      ('nchat_channels', 'channels_update', 'UPDATE', $p$auth.has_channel_permission(id, 'manage')$p$, NULL),
      ('nchat_channels', 'channels_delete', 'DELETE', 'auth.is_admin()', NULL),
      ('nchat_channel_members', 'channel_members_select', 'SELECT',
        'auth.has_channel_access(channel_id) OR user_id = auth.user_id()', NULL),
      ('nchat_messages', 'messages_select', 'SELECT', 'auth.has_channel_access(channel_id) AND NOT is_deleted', NULL),
      ('nchat_messages', 'messages_insert', 'INSERT', NULL,
        $p$auth.has_channel_permission(channel_id, 'write') AND user_id = auth.user_id()$p$),
      ('nchat_messages', 'messages_update', 'UPDATE',
        $p$user_id = auth.user_id() OR auth.has_channel_permission(channel_id, 'manage')$p$, NULL),
      ('nchat_messages', 'messages_delete', 'DELETE',
        $p$user_id = auth.user_id() OR auth.has_channel_permission(channel_id, 'delete_messages')$p$, NULL),
      ('nchat_threads', 'threads_select', 'SELECT', 'auth.has_channel_access(channel_id)', NULL),
      ('nchat_threads', 'threads_insert', 'INSERT', NULL, $p$auth.has_channel_permission(channel_id, 'write')$p$),
      ('nchat_threads', 'threads_update', 'UPDATE',
        $p$created_by = auth.user_id() OR auth.has_channel_permission(channel_id, 'manage')$p$, NULL)
    ) AS by_person (on_table, name, command, visible, writable)
    UNION ALL
    -- By app: the wall between apps that share a database. Memberships of workspaces stand outside it.
    SELECT walled, format('rls_%s_source_account', walled), 'ALL',
           'source_account_id = app.current_source_account_id()', NULL
      FROM unnest(ARRAY['nchat_users', 'nchat_workspaces', 'nchat_channels', 'nchat_channel_members',
                        'nchat_messages', 'nchat_threads']) AS walled
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_policy
                           WHERE polname = policy.name AND polrelid = policy.on_table::regclass);
    EXECUTE format('CREATE POLICY %I ON %I FOR %s', policy.name, policy.on_table, policy.command)
         || coalesce(' USING (' || policy.visible || ')', '')
         || coalesce(' WITH CHECK (' || policy.writable || ')', '');
  END LOOP;
END
$$;
