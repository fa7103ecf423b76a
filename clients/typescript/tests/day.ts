// What README.md promises, through the package as it is installed, against the running service.
import assert from "node:assert/strict";
import { type Article, changesStream, CodePoints, type Entry, Factcheck, journalStream, PreconditionFailed, Problem,
  type Source, type Statement, WebhookRefused, verifyWebhook } from "factcheck-client";
import { follow, POST } from "./readme.js";

const { SERVER: server = "", RELAY = "", TOKEN: token = "", WEBHOOKS = "", WEBHOOK_SECRET: secret = "" } = process.env;
const factcheck = new Factcheck({ server, token });
const EMOJI = "👩‍🚀";

async function articleWithAnEmojiBefore(): Promise<{ article: Article; source: Source; statements: Statement[] }> {
  const source = await factcheck.sources.create({ name: "A minister (package, ts)", kind: "person" });
  const text = `${EMOJI} ${"It is so, again. ".repeat(250)}`;
  const article = await factcheck.articles.create({ title: "By the package", text });
  const points = new CodePoints(article.text);
  const rows = Array.from({ length: 250 }, (_, row) => {
    const start = points.fromUtf16(EMOJI.length + 1 + row * 17);
    return { article: article.id, source: source.id, start, end: start + 16 };
  });
  return { article, source, statements: await factcheck.statements.bulk(rows) };
}

function offsets(article: Article, [first]: Statement[]): void {
  const points = new CodePoints(article.text);
  assert(first);
  assert.deepEqual([first.text, first.start], ["It is so, again.", 4]); // three characters make the astronaut
  assert.equal(points.slice(first.start, first.end), first.text);
  assert.equal(points.toUtf16(first.start), EMOJI.length + 1);
  assert.equal(points.length, [...article.text].length);
  const long = "a😀é\u{1F1E9}\u{1F1EA}".repeat(80_000);
  const slow = [...long], quick = new CodePoints(long);
  assert.equal(quick.length, 400_000);
  for (let offset = 0; offset <= slow.length; offset += 997) {
    assert.equal(quick.fromUtf16(quick.toUtf16(offset)), offset);
    assert.equal(quick.slice(offset, offset + 7), slow.slice(offset, offset + 7).join(""));
  }
}

async function readsAListToItsEnd(article: Article): Promise<void> {
  const list = factcheck.statements.list({ article: article.id, page_size: 100, ordering: "start" });
  const starts: number[] = [], pages: number[] = [];
  for await (const { start } of list) starts.push(start);
  for await (const page of list.pages()) pages.push(page.results.length);
  assert.deepEqual([starts.length, new Set(starts).size, pages], [250, 250, [100, 100, 50]]);
  assert.deepEqual(starts, starts.toSorted((one, other) => one - other));
  const revisions = [];
  for await (const revision of factcheck.articles.revisions(article)) revisions.push(revision.number);
  assert.deepEqual(revisions, [1]);
  assert.equal((await factcheck.articles.revision(article, 1)).text, article.text);
}

async function tagsWhatItHasSeen([, row]: Statement[]): Promise<void> {
  assert(row);
  const tagged = await factcheck.statements.tag(row, { tag: "asserted", reason: "She says so herself." });
  assert.deepEqual([tagged.tag, tagged.version], ["asserted", row.version + 1]);
  const stale = await refused(factcheck.statements.tag(row, { tag: "denied", reason: "Somebody was quicker." }));
  assert(stale instanceof PreconditionFailed);
  assert.deepEqual([stale.type, stale.version], ["urn:factcheck:problem:stale-version", tagged.version]);
  assert(stale.etag?.startsWith(`"${tagged.version}-`) && stale.requestId);
  const unreasoned = await refused(factcheck.statements.tag(tagged, { tag: "denied", reason: "" }));
  assert.deepEqual([unreasoned.status, unreasoned.errors[0]?.pointer], [400, "#/reason"]);
  const changed = await factcheck.statements.update(tagged, { paraphrase: "It is so." });
  assert.equal(await factcheck.statements.delete(changed, { reason: "Made by a test." }), undefined);
  assert.equal((await refused(factcheck.statements.read(row))).type, "urn:factcheck:problem:not-found");
}

/** The refusal, which must come. */
async function refused(answer: Promise<unknown>): Promise<Problem> {
  const error: unknown = await answer.then(() => assert.fail("not refused"), (reason: unknown) => reason);
  assert(error instanceof Problem, String(error));
  return error;
}

/** Sends what it is given; the first answers are lost on the way back, or are these instead. */
function badConnection(...first: (Response | "lost")[]): Factcheck {
  return new Factcheck({ server, token, fetch: async (address, init) => {
    const bad = first.shift();
    if (bad instanceof Response) return bad;
    const answer = await fetch(address, init);
    if (bad) throw new TypeError("the connection broke");
    return answer;
  } });
}

async function repeatsWhatIsSafe(article: Article, source: Source, [, , row]: Statement[]): Promise<void> {
  assert(row);
  const body = { article: article.id, source: source.id, start: 4, end: 9 };
  const made = await badConnection("lost", "lost").statements.create(body);
  const ids = [];
  for await (const { id, end } of factcheck.statements.list({ article: article.id })) if (end === body.end) ids.push(id);
  assert.deepEqual(ids, [made.id]); // sent three times, done once
  assert.equal((await factcheck.statements.read(made.id)).id, made.id);
  const wait = () => new Response("{}", { status: 429, headers: { "Retry-After": "0" } });
  const renamed = await badConnection(wait()).statements.update(row, { paraphrase: "So it is." });
  assert.equal(renamed.version, row.version + 1);
  await assert.rejects(badConnection("lost").statements.update(renamed, { paraphrase: "So." }), TypeError);
  assert.equal((await refused(badConnection(wait(), wait(), wait(), wait()).me.read())).status, 429);
  const far = new Response(null, { status: 503, headers: { "Retry-After": "3600" } });
  assert.equal((await refused(badConnection(far).me.read())).retryAfter, 3600);
  const gateway = new Response("<html>", { status: 400 });
  assert.equal((await refused(badConnection(gateway).me.read())).type, "about:blank");
}

async function followsTheJournalOverACut([, , , row]: Statement[]): Promise<void> {
  assert(row);
  let after = "";
  for await (const page of factcheck.journal.list({ article: row.article, page_size: 200 }).pages()) after = page.cursor;
  const reason = `Yes:\u2028 ${EMOJI}`; // a line separator ends no line of a stream
  const give = (version: number) => factcheck.statements.tag({ id: row.id, version }, { tag: "asserted", reason });
  const seen: Entry[] = [], cursors = new Set<string>();
  await give(row.version);
  const stop = new AbortController();
  const relayed = new Factcheck({ server: RELAY, token });
  for await (const { cursor, data } of journalStream(relayed, { after, article: row.article }, stop)) {
    seen.push(data); // the relay cuts the connection after the first event
    cursors.add(cursor);
    if (seen.length === 3) stop.abort();
    else await give(data.version);
  }
  const tagged = [1, 2, 3].map((more) => ["statement.tagged", row.id, row.version + more, reason]);
  assert.deepEqual(seen.map((entry) => [entry.action, entry.resource_id, entry.version, entry.reason]), tagged);
  assert.equal(cursors.size, 3);
  assert(cursors.has(await follow(relayed, after)));
  assert.equal((await refused(journalStream(new Factcheck({ server: RELAY })).next())).status, 401);
}

/** The relay cuts before the first event, and refuses a stream that begins anew. */
async function goesOnWhereItBegan([, , , , row]: Statement[]): Promise<void> {
  const first = journalStream(new Factcheck({ server: RELAY, token })).next();
  let seen: Entry | undefined;
  void first.then(({ value }) => (seen = value?.data));
  for (let now = row; !seen; await new Promise((resolve) => setTimeout(resolve, 100))) {
    assert(now);
    now = await factcheck.statements.update(now, { paraphrase: `In version ${now.version}.` });
  }
  assert.deepEqual([seen.action, seen.resource_id], ["statement.updated", row?.id]);
}

async function believesOnlyASignedWebhook(): Promise<void> {
  type Sent = Record<string, string>;
  type Sample = { headers: Sent; old: Sent; early: Sent; body: string; ping: { headers: Sent; body: string } };
  const { headers, old, early, body, ping } = JSON.parse(WEBHOOKS) as Sample;
  const event = await verifyWebhook(secret, headers, body);
  assert.deepEqual([event.id, event.type, event.entry?.resource_id], ["msg_1", "statement.tagged", 6]);
  assert.equal((await verifyWebhook(secret, ping.headers, ping.body)).entry, undefined);
  const signature = headers["webhook-signature"] ?? "";
  const rotated = { ...headers, "webhook-signature": `v1,bm9uZQ== v1a,x ${signature} nonsense` };
  assert.equal((await verifyWebhook(secret, new Headers(rotated), new TextEncoder().encode(body))).id, "msg_1");
  const titled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
  assert.equal((await verifyWebhook(secret, titled, body)).id, "msg_1");
  const wrong: Parameters<typeof verifyWebhook>[] = [
    [secret, headers, body.replace("6", "7")],
    [`whsec_${btoa("another")}`, headers, body],
    ["whsec_", headers, body],
    ["whsec_!", headers, body],
    [secret, { ...headers, "webhook-signature": "v1," }, body],
    [secret, { ...headers, "webhook-signature": signature.replace("v1,", "v2,") }, body],
    [secret, old, body],
    [secret, early, body],
    [secret, { ...headers, "webhook-id": "msg_2" }, body],
    [secret, { ...headers, "webhook-timestamp": "now" }, body],
    [secret, {}, body],
  ];
  for (const given of wrong) await assert.rejects(verifyWebhook(...given), WebhookRefused);
  const request = new Request("http://receiver.example/", { method: "POST", headers, body });
  assert.equal((await POST(request)).status, 204);
}

/** Never called. Each line must be a compile error; otherwise tsc reports that the expectation is unused. */
export async function whatMustNotCompile(row: Statement): Promise<void> {
  // @ts-expect-error there is no such tag
  await factcheck.statements.tag(row, { tag: "false", reason: "No." });
  // @ts-expect-error a reason is required
  await factcheck.statements.tag(row, { tag: "denied" });
  // @ts-expect-error an id has no version
  await factcheck.statements.tag(row.id, { tag: "denied", reason: "No." });
  // @ts-expect-error no filter takes a tag that does not exist
  factcheck.statements.list({ tag: ["true"] });
  // @ts-expect-error a public read leaves out tagged_by
  row.tagged_by.username;
  // @ts-expect-error strangers see no reasons
  for await (const { data } of changesStream(factcheck)) data.reason;
}

const { article, source, statements } = await articleWithAnEmojiBefore();
offsets(article, statements);
await readsAListToItsEnd(article);
await tagsWhatItHasSeen(statements);
await repeatsWhatIsSafe(article, source, statements);
await followsTheJournalOverACut(statements);
await goesOnWhereItBegan(statements);
await believesOnlyASignedWebhook();
console.log("the day is done");
