// The zodios client that openapi-zod-client generates.
import { isErrorFromAlias } from "@zodios/core";
import axios from "axios";
import { api, createApiClient } from "../generated/openapi_zod_client/factcheck";
import { drive } from "./drive";

const axiosInstance = axios.create({ headers: { Authorization: `Bearer ${process.env.TOKEN}` } });
// Only answers are validated here: otherwise no request would be sent that the service refuses.
const client = createApiClient(process.env.SERVER ?? "", { axiosInstance, validate: "response" });
let etag: string | undefined; // zodios gives the body alone
axiosInstance.interceptors.response.use((answer) => {
  etag = answer.headers.etag;
  return answer;
});

await drive("openapi_zod_client", {
  list: (page_size, cursor) => client.statements_list({ queries: { page_size, cursor } }),
  async read(id) {
    return { row: await client.statements_read({ params: { id } }), etag };
  },
  async tag(id, ifMatch, body) {
    try {
      return { row: await client.statements_tag(body, { params: { id }, headers: { "If-Match": ifMatch } }), etag };
    } catch (error) {
      if (!isErrorFromAlias(api.api, "statements_tag", error)) throw error;
      return { problem: error.response.data, etag: error.response.headers.etag };
    }
  },
  annotations: (id) => client.articles_annotations({ params: { id } }),
  webAnnotation: (id) => client.statements_webannotation({ params: { id } }),
});

/** Never called. Each line must be a compile error; otherwise tsc reports that the expectation is unused. */
export async function whatMustNotCompile(): Promise<void> {
  const params = { id: 1 };
  // @ts-expect-error the ETag is required
  await client.statements_tag({ tag: "denied", reason: "No." }, { params });
  // @ts-expect-error there is no such tag
  await client.statements_tag({ tag: "false", reason: "No." }, { params, headers: { "If-Match": "*" } });
  const error: unknown = null;
  // @ts-expect-error there is no such problem
  isErrorFromAlias(api.api, "statements_tag", error) && error.response.data.type === "urn:factcheck:problem:stale";
}
