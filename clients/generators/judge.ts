import assert from "node:assert/strict";

/** Fails unless the schema takes what the service answers, and refuses it with one field spoiled. */
export async function judge(
  schema: { safeParse(value: unknown): { success: boolean; error?: unknown } }, path: string, spoil: (row: any) => void, status = 200,
): Promise<void> {
  const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
  const answer = await fetch(`${process.env.SERVER}/api/v1/${path}`, { headers });
  assert.equal(answer.status, status);
  const row = await answer.json();
  const { success, error } = schema.safeParse(row);
  assert(success, `${path}: ${error}`);
  spoil(row);
  assert(!schema.safeParse(row).success, `${path} is taken, although it is spoiled`);
}
