// The schemas that orval generates for zod, on real answers.
import * as zod from "../generated/orval/zod";
import { judge } from "./judge";

await judge(zod.articlesList200Response, "articles/", (page) => { page.results[0].status = "printed"; });
await judge(zod.statementsRead200Response, "statements/1/", (row) => { row.tag = "true"; });
await judge(zod.disputesRead200Response, "disputes/1/", (row) => { row.raised_by = row.raised_by.id; });
const annotated = zod.statementsWebannotation200Response;
await judge(annotated, "statements/1/webannotation/", (row) => { row.body[0].value = "true"; });
await judge(zod.feedsClaimreviews200Response, "feeds/claimreviews/", (feed) => { feed["@type"] = "Dataset"; });
await judge(zod.statementsRead400Response, "statements/?page_size=0", (row) => { row.type = "about:blank"; }, 400);
console.log("orval_zod is judged");
