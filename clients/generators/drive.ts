// What every program here does with the client that its generator made, against the running service.
import assert from "node:assert/strict";

type Tag = "asserted" | "denied" | "unverified";
interface Statement { id: number; article: number; version: number; tag: Tag; text: string }
export interface Problem { type: string; status: number; errors?: { pointer: string }[] }
export interface Answer { row?: Statement; problem?: Problem; etag: string | null | undefined }
export interface Client {
  list(page_size: number, cursor?: string): Promise<{ results: Statement[]; next: string | null }>;
  read(id: number): Promise<Answer>;
  tag(id: number, ifMatch: string, body: { tag: Tag; reason: string }): Promise<Answer>;
  annotations(article: number): Promise<{ statements: { key: string; text: string }[] }>;
  webAnnotation(statement: number): Promise<{ canonical: string; said_by: { name: string } | null }>;
}

function done({ row, problem, etag }: Answer): { row: Statement; etag: string } {
  assert(row && etag, JSON.stringify(problem));
  return { row, etag };
}

function refused({ problem }: Answer, kind: string, status: number): Problem {
  assert(problem);
  assert.deepEqual([problem.type, problem.status], [`urn:factcheck:problem:${kind}`, status]);
  return problem;
}

export async function drive(name: string, client: Client): Promise<void> {
  const first = await client.list(5);
  const cursor = new URL(first.next ?? assert.fail("no next page")).searchParams.get("cursor");
  const second = await client.list(5, cursor ?? undefined);
  const ids = [...first.results, ...second.results].map(({ id }) => id);
  assert.equal(new Set(ids).size, 10);

  const { row, etag } = done(await client.read(ids[9]!));
  const denied = done(await client.tag(row.id, etag, { tag: "denied", reason: `Denied, says ${name}.` }));
  const version = `"${denied.row.version}"`;
  const asserted = done(await client.tag(row.id, version, { tag: "asserted", reason: `Repeated, says ${name}.` }));
  assert.deepEqual([denied.row.tag, asserted.row.tag], ["denied", "asserted"]);
  refused(await client.tag(row.id, etag, { tag: "denied", reason: "Somebody was quicker." }), "stale-version", 412);
  const unreasoned = await client.tag(row.id, asserted.etag, { tag: "denied", reason: "" });
  assert.equal(refused(unreasoned, "invalid-input", 400).errors?.[0]?.pointer, "#/reason");

  const document = await client.annotations(row.article);
  assert(document.statements.some(({ text }) => text === row.text));
  const { canonical } = await client.webAnnotation(row.id);
  assert(canonical.endsWith(`/statements/${row.id}/`));
  console.log(`${name} is driven`);
}
