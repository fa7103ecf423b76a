// The client that @hey-api/openapi-ts generates for fetch.
import {
  articlesAnnotations, statementsList, statementsRead, statementsTag, statementsWebannotation,
} from "../generated/hey_api";
import { client } from "../generated/hey_api/client.gen";
import { drive } from "./drive";

client.setConfig({
  baseUrl: process.env.SERVER,
  auth: ({ scheme }) => (scheme === "bearer" ? process.env.TOKEN : undefined),
});

await drive("hey_api", {
  list: async (page_size, cursor) => (await statementsList({ query: { page_size, cursor }, throwOnError: true })).data,
  async read(id) {
    const { data, error, response } = await statementsRead({ path: { id } });
    return { row: data, problem: error, etag: response?.headers.get("ETag") };
  },
  async tag(id, ifMatch, body) {
    const { data, error, response } = await statementsTag({ path: { id }, headers: { "If-Match": ifMatch }, body });
    return { row: data, problem: error, etag: response?.headers.get("ETag") };
  },
  annotations: async (id) => (await articlesAnnotations({ path: { id }, throwOnError: true })).data,
  webAnnotation: async (id) => (await statementsWebannotation({ path: { id }, throwOnError: true })).data,
});

/** Never called. Each line must be a compile error; otherwise tsc reports that the expectation is unused. */
export async function whatMustNotCompile(): Promise<void> {
  const path = { id: 1 }, headers = { "If-Match": "*" };
  // @ts-expect-error the ETag is required
  await statementsTag({ path, body: { tag: "denied", reason: "No." } });
  // @ts-expect-error there is no such tag
  await statementsTag({ path, headers, body: { tag: "false", reason: "No." } });
  const { error } = await statementsTag({ path, headers, body: { tag: "denied", reason: "No." } });
  // @ts-expect-error there is no such problem
  error?.type === "urn:factcheck:problem:stale";
}
