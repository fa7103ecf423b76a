// The client that orval generates for fetch.
import {
  articlesAnnotations, statementsList, statementsRead, statementsTag, statementsWebannotation,
} from "../generated/orval/factcheck";
import { drive } from "./drive";

const etagOf = ({ headers }: { headers: Headers }) => headers.get("ETag");

await drive("orval", {
  async list(page_size, cursor) {
    const answer = await statementsList({ page_size, cursor });
    if (answer.status !== 200) throw new Error(`${answer.status}`);
    return answer.data;
  },
  async read(id) {
    const answer = await statementsRead(id);
    return answer.status === 200 ? { row: answer.data, etag: etagOf(answer) } : { etag: null };
  },
  async tag(id, ifMatch, body) {
    const answer = await statementsTag(id, body, { "If-Match": ifMatch });
    return { ...(answer.status === 200 ? { row: answer.data } : { problem: answer.data }), etag: etagOf(answer) };
  },
  async annotations(article) {
    const answer = await articlesAnnotations(article);
    if (answer.status !== 200) throw new Error(`${answer.status}`);
    return answer.data;
  },
  async webAnnotation(statement) {
    const answer = await statementsWebannotation(statement);
    if (answer.status !== 200) throw new Error(`${answer.status}`);
    return answer.data;
  },
});

/** Never called. Each line must be a compile error; otherwise tsc reports that the expectation is unused. */
export async function whatMustNotCompile(): Promise<void> {
  // @ts-expect-error the ETag is required
  await statementsTag(1, { tag: "denied", reason: "No." });
  // @ts-expect-error there is no such tag
  await statementsTag(1, { tag: "false", reason: "No." }, { "If-Match": "*" });
  const answer = await statementsTag(1, { tag: "denied", reason: "No." }, { "If-Match": "*" });
  // @ts-expect-error there is no such problem
  if (answer.status === 412) answer.data.type === "urn:factcheck:problem:stale";
}
