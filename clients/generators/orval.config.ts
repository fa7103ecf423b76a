import { defineConfig } from "orval";

const target = "../../openapi.yaml";
export default defineConfig({
  fetch: {
    input: { target },
    output: {
      client: "fetch",
      mode: "split",
      target: "../generated/orval/factcheck.ts",
      schemas: "../generated/orval/model",
      headers: true,
      override: { mutator: { path: "./orval_fetch.ts", name: "send" } },
    },
  },
  zod: {
    input: {
      target,
      override: {
        // The zod output reads `application/json` alone, and writes a schema again wherever it is used. So it is shown
        // the problem of status 400, which is that of every status.
        transformer(document) {
          const answer = document.components?.responses?.InvalidInput;
          const content = answer && "content" in answer ? answer.content : undefined;
          if (content?.["application/problem+json"]) content["application/json"] = content["application/problem+json"];
          return document;
        },
      },
    },
    output: { client: "zod", target: "../generated/orval/zod.ts", override: { zod: { generateEachHttpStatus: true } } },
  },
});
