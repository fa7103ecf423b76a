// The client that swagger-typescript-api generates for fetch.
import { Api } from "../generated/swagger_typescript_api/factcheck";
import { drive } from "./drive";

const { api } = new Api({
  baseUrl: process.env.SERVER,
  baseApiParams: { headers: { Authorization: `Bearer ${process.env.TOKEN}` } },
});
const etagOf = ({ headers }: Response) => headers.get("ETag");

await drive("swagger_typescript_api", {
  list: async (page_size, cursor) => (await api.statementsList({ page_size, cursor })).data,
  async read(id) {
    const answer = await api.statementsRead(id);
    return { row: answer.data, problem: answer.error, etag: etagOf(answer) };
  },
  async tag(id, ifMatch, body) {
    const answer = await api.statementsTag(id, body, { headers: { "If-Match": ifMatch } });
    return { row: answer.data, problem: answer.error, etag: etagOf(answer) };
  },
  annotations: async (article) => (await api.articlesAnnotations(article)).data,
  webAnnotation: async (statement) => (await api.statementsWebannotation(statement)).data,
});

/** Never called. Each line must be a compile error; otherwise tsc reports that the expectation is unused. */
export async function whatMustNotCompile(): Promise<void> {
  // @ts-expect-error a reason is required
  await api.statementsTag(1, { tag: "denied" });
  // @ts-expect-error there is no such tag
  await api.statementsTag(1, { tag: "false", reason: "No." });
  // @ts-expect-error there is no such problem
  (await api.statementsTag(1, { tag: "denied", reason: "No." })).error.type === "urn:factcheck:problem:stale";
}
