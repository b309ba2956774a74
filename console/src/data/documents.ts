/** Every document of the console. Only root fields of our own schema, so that they run alike through Hasura. */
import { graphql } from '../gql'

export const AccountFields = graphql(`
  fragment AccountFields on SocialAccount {
    id platform account_name account_handle profile_url avatar_url is_active is_connected
    health health_code health_message health_since token_expires_at last_poll_time next_poll_at next_poll_reason
    hold_until is_polling quiet_polls created_at
    missing_scopes { scope feature required }
    integrations { id auto_post channel { id name } }
  }
`)

export const IntegrationFields = graphql(`
  fragment IntegrationFields on SocialIntegration {
    id account_id channel_id auto_post filter_hashtags filter_keywords exclude_retweets exclude_replies
    min_engagement engagement_window_hours backfill_count backfilled_at created_at updated_at
    account { id platform account_name account_handle avatar_url is_connected }
    channel { id name type is_archived is_readonly }
  }
`)

export const PostFields = graphql(`
  fragment PostFields on SocialPost {
    id account_id platform post_id post_url content author_name author_handle author_avatar_url media_urls media_types
    engagement posted_at imported_at edited_at import_error
    account { id account_name }
    deliveries {
      id integration_id channel_id status reason detail message_id attempts looks next_look_at requested_by decided_at
      delivered_at
      channel { id name }
      integration { id min_engagement }
    }
  }
`)

export const LogFields = graphql(`
  fragment LogFields on SocialImportLog {
    id account_id import_type status code posts_fetched posts_imported posts_filtered posts_posted posts_waiting
    messages_posted quiet_polls errors started_at completed_at
    account { id platform account_name }
  }
`)

export const Platforms = graphql(`
  query ConsolePlatforms {
    socialPlatforms {
      platform name color is_configured offers_several_accounts poll_interval_seconds storage_duty storage_duty_url
      callback_url
      scopes { scope required feature }
    }
  }
`)

export const Accounts = graphql(`
  query ConsoleAccounts { socialAccounts { ...AccountFields } }
`)

export const Integrations = graphql(`
  query ConsoleIntegrations { socialIntegrations { ...IntegrationFields } }
`)

export const Channels = graphql(`
  query ConsoleChannels($search: String) {
    socialChannels(search: $search) { id name type is_archived is_readonly }
  }
`)

export const Posts = graphql(`
  query ConsolePosts(
    $account_id: uuid, $channel_id: uuid, $status: SocialPostStatus, $posted_after: timestamptz,
    $posted_before: timestamptz, $text: String, $first: Int, $after: String
  ) {
    socialPosts(
      account_id: $account_id, channel_id: $channel_id, status: $status, posted_after: $posted_after,
      posted_before: $posted_before, text: $text, first: $first, after: $after
    ) {
      nodes { ...PostFields }
      page_info { has_next_page end_cursor }
    }
  }
`)

export const Logs = graphql(`
  query ConsoleLogs(
    $account_id: uuid, $status: SocialImportStatus, $import_type: SocialImportType, $started_after: timestamptz,
    $first: Int, $after: String
  ) {
    socialImportLogs(
      account_id: $account_id, status: $status, import_type: $import_type, started_after: $started_after,
      first: $first, after: $after
    ) {
      nodes { ...LogFields }
      page_info { has_next_page end_cursor }
    }
  }
`)

export const Audit = graphql(`
  query ConsoleAudit($first: Int, $after: String) {
    socialAuditLog(first: $first, after: $after) {
      nodes { id done_at actor action platform account_id account_name }
      page_info { has_next_page end_cursor }
    }
  }
`)

export const Connection = graphql(`
  query ConsoleConnection($id: uuid!) {
    socialConnection(id: $id) {
      id platform status code message logged_in_as expires_at reconnects_account_id
      identities { identity_id name handle url avatar_url }
      missing_scopes { scope feature required }
    }
  }
`)

export const Preview = graphql(`
  query ConsolePreview($input: SocialPreviewFilterInput!, $first: Int) {
    socialPreviewFilter(input: $input, first: $first) {
      status message total delivered waiting filtered failed gained lost
      problems { field message }
      posts {
        status reason detail in_force change embed
        post { id content author_name posted_at post_url platform }
      }
    }
  }
`)

export const StartConnection = graphql(`
  mutation ConsoleStart($input: SocialStartConnectionInput!) {
    socialStartConnection(input: $input) { status message url }
  }
`)

export const Reconnect = graphql(`
  mutation ConsoleReconnect($input: SocialReconnectAccountInput!) {
    socialReconnectAccount(input: $input) { status message url }
  }
`)

export const Choose = graphql(`
  mutation ConsoleChoose($input: SocialChooseIdentitiesInput!) {
    socialChooseIdentities(input: $input) { status message accounts { ...AccountFields } }
  }
`)

export const Disconnect = graphql(`
  mutation ConsoleDisconnect($input: SocialDisconnectAccountInput!) {
    socialDisconnectAccount(input: $input) { status message account { ...AccountFields } }
  }
`)

export const SetActive = graphql(`
  mutation ConsoleSetActive($input: SocialSetAccountActiveInput!) {
    socialSetAccountActive(input: $input) { status message account { ...AccountFields } }
  }
`)

export const TriggerImport = graphql(`
  mutation ConsoleImport($input: SocialTriggerImportInput!) {
    socialTriggerImport(input: $input) { status message account_ids held { account_id until } }
  }
`)

export const CreateIntegration = graphql(`
  mutation ConsoleCreate($input: SocialCreateIntegrationInput!) {
    socialCreateIntegration(input: $input) {
      status message problems { field message } integration { ...IntegrationFields }
    }
  }
`)

export const UpdateIntegration = graphql(`
  mutation ConsoleUpdate($input: SocialUpdateIntegrationInput!) {
    socialUpdateIntegration(input: $input) {
      status message problems { field message } integration { ...IntegrationFields }
    }
  }
`)

export const DeleteIntegration = graphql(`
  mutation ConsoleDelete($input: SocialDeleteIntegrationInput!) {
    socialDeleteIntegration(input: $input) { status message id }
  }
`)

export const RetryPost = graphql(`
  mutation ConsoleRetry($input: SocialRetryPostInput!) {
    socialRetryPost(input: $input) { status message post { ...PostFields } }
  }
`)

export const PostAnyway = graphql(`
  mutation ConsolePostAnyway($input: SocialPostAnywayInput!) {
    socialPostAnyway(input: $input) { status message post { ...PostFields } }
  }
`)

export const ImportActivity = graphql(`
  subscription ConsoleActivity { socialImportActivity { ...LogFields } }
`)
