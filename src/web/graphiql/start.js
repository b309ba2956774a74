"use strict";
// Addresses are relative to the page, so that it also works below a path of another site.
const url = new URL("graphql", document.baseURI);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const defaultQuery = `# The GraphQL API of nchat-social.
#
# Say who you are under "Headers", below, then reload the schema (⟳). Either as Hasura does:
#   { "x-nchat-social-secret": "…", "x-hasura-role": "admin" }
# or with a token of your own:
#   { "Authorization": "Bearer …" }
# The Docs (top left) list every field.

{
  __typename
}
`;

// "#headers={…}" prefills the headers: a fragment is not sent to any server. It is taken out of the address at once, so
// that it does not stay in the history.
const headers = new URLSearchParams(location.hash.slice(1)).get("headers");
if (headers !== null) history.replaceState(null, "", location.pathname + location.search);

// "?query=…" prefills the editor; nothing is executed until somebody presses the button.
const given = new URLSearchParams(location.search).get("query");
const fetcher = GraphiQL.createFetcher({ url: url.href, subscriptionUrl: subscriptionUrl.href });
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery,
    query: given === null ? undefined : given,
    headers: headers === null ? undefined : headers,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: "headers",
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
  }),
);
