// The calls of nchat's poller, in its order: one account after another, one post after another. Prints the seconds.
import { createDecipheriv, createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

const [base, accounts] = process.argv.slice(2);
const salt = Buffer.from("a salt that never changes");
const nonce = randomBytes(16);
const key = () => pbkdf2Sync("0123456789abcdef0123456789abcdef", salt, 100_000, 32, "sha512");
const cipher = createCipheriv("aes-256-gcm", key(), nonce);
const sealed = Buffer.concat([cipher.update("x".repeat(100)), cipher.final()]);
const tag = cipher.getAuthTag();

// The key is made anew for every token.
const open = () => {
  const decipher = createDecipheriv("aes-256-gcm", key(), nonce);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed), decipher.final()]).toString();
};

const ask = async (name, variables = {}) => {
  const body = JSON.stringify({ query: `query ${name} { ok }`, variables });
  const reply = await fetch(`${base}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body });
  await reply.json();
};

const began = performance.now();
for (let account = 0; account < Number(accounts); account++) {
  await ask("CreateImportLog");
  await ask("GetLastPostId");
  const reply = await fetch(`${base}/twitter/2/users/${account}/tweets?since_id=1&max_results=100`, {
    headers: { authorization: `Bearer ${open()}` },
  });
  const { data: posts = [] } = await reply.json();
  await ask("GetAccountIntegrations");
  for (const post of posts) {
    await ask("SavePost", post);
    await ask("PostToChannel", { content: post.text });
    await ask("MarkPostAsPosted", { id: post.id });
  }
  await ask("UpdateImportLog");
  await ask("UpdateLastPollTime");
}
console.log((performance.now() - began) / 1000);
process.exit(0);
