// An editor's whole day through the generated TypeScript client, against the running service.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/factcheck";

type Problem = components["schemas"]["Problem"];
type Statement = components["schemas"]["Statement"];

const client = createClient<paths>({
  baseUrl: process.env.SERVER,
  headers: { Authorization: `Token ${process.env.TOKEN}` },
});

/** The data of an answer. Throws an error with the problem when there is none. */
function done<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

/** The answer as a problem; fails unless it has this type and status. */
function refused({ error }: { error?: Problem }, kind: string, status: number): Problem {
  assert(error, `expected the problem ${kind}`);
  assert.deepEqual([error.type, error.status], [`urn:factcheck:problem:${kind}`, status]);
  return error;
}

const etagOf = (response: Response): string => response.headers.get("ETag") ?? assert.fail("no ETag");

async function readStatement(id: number): Promise<{ statement: Statement; header: { "If-Match": string } }> {
  const answer = await client.GET("/api/v1/statements/{id}/", { params: { path: { id } } });
  return { statement: done(answer), header: { "If-Match": etagOf(answer.response) } };
}

async function takeInAnArticle() {
  const minister = done(await client.POST("/api/v1/sources/", { body: { name: "A minister (ts)", kind: "person" } }));
  const critic = done(await client.POST("/api/v1/sources/", { body: { name: "A critic (ts)", kind: "organization" } }));
  const text = "The minister said no. Later, the minister said no. " + "It is so, again. ".repeat(1000);
  const article = done(await client.POST("/api/v1/articles/", { body: { title: "By TypeScript", text } }));
  const path = { id: article.id };
  const exported = await client.GET("/api/v1/articles/{id}/annotations/", { params: { path } });
  const document = done(exported);
  const imported = done(await client.PUT("/api/v1/articles/{id}/annotations/", {
    params: { path, header: { "If-Match": etagOf(exported.response) } },
    body: { ...document, statements: [{ key: "s-1", text: "Later", quote_type: "narration" }] },
  }));
  assert.equal(imported.statements.length, 1);
  return { article, minister, critic };
}

async function mark(article: number, source: number): Promise<Statement> {
  const twice = await client.POST("/api/v1/statements/", { body: { article, source, text: "said no." } });
  const [first] = refused(twice, "unprocessable", 422).candidates ?? [];
  assert(first);
  const header = { "Idempotency-Key": `ts-${article}` };
  const body = { article, source, text: first.text, prefix: first.prefix, suffix: first.suffix };
  const made = done(await client.POST("/api/v1/statements/", { params: { header }, body }));
  const again = done(await client.POST("/api/v1/statements/", { params: { header }, body }));
  assert.equal(made.id, again.id); // a retry
  assert.equal(made.tag, "unverified");
  return made;
}

async function tag(id: number): Promise<void> {
  const path = { id };
  const { header } = await readStatement(id);
  const asserted = await client.POST("/api/v1/statements/{id}/tag/", {
    params: { path, header }, body: { tag: "asserted", reason: "She says so herself." } });
  assert.equal(done(asserted).tag, "asserted");
  const stale = await client.POST("/api/v1/statements/{id}/tag/", {
    params: { path, header }, body: { tag: "denied", reason: "Somebody else was quicker." } });
  refused(stale, "stale-version", 412);
  const fresh = { "If-Match": etagOf(stale.response) };
  const unreasoned = await client.POST("/api/v1/statements/{id}/tag/", {
    params: { path, header: fresh }, body: { tag: "denied", reason: "" } });
  assert.equal(refused(unreasoned, "invalid-input", 400).errors?.[0]?.pointer, "#/reason");
  done(await client.POST("/api/v1/statements/{id}/tag/", {
    params: { path, header: fresh }, body: { tag: "denied", reason: "The critic denies it." } }));
}

/** Opens a dispute and resolves it with a new tag. Returns when it was opened. */
async function dispute(statement: number, raised_by: number): Promise<string> {
  const opened = await client.POST("/api/v1/disputes/", { body: { statement, raised_by, kind: "denial" } });
  const header = { "If-Match": etagOf(opened.response) }, path = { id: done(opened).id };
  const resolved = done(await client.POST("/api/v1/disputes/{id}/resolve/", {
    params: { path, header }, body: { state: "rejected", reason: "The tape has it.", tag: "asserted" } }));
  assert.equal(resolved.state, "rejected");
  assert(resolved.resolved_at);
  return resolved.opened_at;
}

async function bulkAndPages(article: number, source: number): Promise<void> {
  const found = done(await client.GET("/api/v1/articles/{id}/", { params: { path: { id: article } } }));
  const begin = found.text.indexOf("It is so"), length = "It is so, again.".length;
  const rows = Array.from({ length: 1000 }, (_, row) => ({
    article, source, start: begin + row * (length + 1), end: begin + row * (length + 1) + length }));
  for (const half of [rows.slice(0, 500), rows.slice(500)])
    assert.equal(done(await client.POST("/api/v1/statements/bulk/", { body: half })).length, 500);
  const seen = new Set<number>();
  let pages = 0, cursor: string | undefined;
  do {
    const query = { article, page_size: 200, ordering: "-start", cursor } as const;
    const page = done(await client.GET("/api/v1/statements/", { params: { query } }));
    page.results.forEach(({ id }) => seen.add(id));
    cursor = (page.next && new URL(page.next).searchParams.get("cursor")) || undefined;
    pages += 1;
  } while (cursor);
  assert.deepEqual([seen.size, pages], [1002, 6]);
}

async function theDay(): Promise<void> {
  const { article, minister, critic } = await takeInAnArticle();
  const marked = await mark(article.id, minister.id);
  await tag(marked.id);
  const as_of = await dispute(marked.id, critic.id);
  await bulkAndPages(article.id, minister.id);
  const params = { path: { id: marked.id }, query: { as_of } };
  assert.equal(done(await client.GET("/api/v1/statements/{id}/", { params })).tag, "denied"); // as it was
  assert.equal((await readStatement(marked.id)).statement.tag, "asserted");
  const none = await client.GET("/api/v1/statements/{id}/", { params: { path: { id: 987654321 } } });
  refused(none, "not-found", 404);
}

/** Never called. Each line must be a compile error; otherwise tsc reports that the expectation is unused. */
export async function whatMustNotCompile(): Promise<void> {
  const params = { path: { id: 1 }, header: { "If-Match": "*" } };
  // @ts-expect-error there is no such tag
  await client.POST("/api/v1/statements/{id}/tag/", { params, body: { tag: "false", reason: "No." } });
  // @ts-expect-error a reason is required
  await client.POST("/api/v1/statements/{id}/tag/", { params, body: { tag: "denied" } });
  // @ts-expect-error If-Match is required
  await client.POST("/api/v1/statements/{id}/tag/", { params: { path: { id: 1 } }, body: { tag: "denied", reason: "No." } });
  // @ts-expect-error no filter takes a tag that does not exist
  await client.GET("/api/v1/statements/", { params: { query: { tag: "true" } } });
  // @ts-expect-error a public read leaves out tagged_by
  (await readStatement(1)).statement.tagged_by.username;
}

await theDay();
console.log("the day is done");
