// The schemas that openapi-zod-client generates for zod, on real answers.
import { schemas } from "../generated/openapi_zod_client/factcheck";
import { judge } from "./judge";

await judge(schemas.PaginatedArticleRowList, "articles/", (page) => { page.results[0].status = "printed"; });
await judge(schemas.Statement, "statements/1/", (row) => { row.tag = "true"; });
await judge(schemas.Dispute, "disputes/1/", (row) => { row.raised_by = row.raised_by.id; });
await judge(schemas.WebAnnotation, "statements/1/webannotation/", (row) => { row.body[0].value = "true"; });
await judge(schemas.ClaimReviewFeed, "feeds/claimreviews/", (feed) => { feed["@type"] = "Dataset"; });
await judge(schemas.Problem, "statements/?page_size=0", (row) => { row.type = "about:blank"; }, 400);
console.log("openapi_zod_client_zod is judged");
