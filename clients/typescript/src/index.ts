export type * from "./schema.js";
export { Factcheck } from "./factcheck.js";
export { CodePoints } from "./offsets.js";
export { PreconditionFailed, Problem } from "./problems.js";
export { type Identified, type Options, Rows, type Settings, type Versioned } from "./requests.js";
export { changesStream, journalStream, type Streamed } from "./streams.js";
export { verifyWebhook, type WebhookEvent, WebhookRefused } from "./webhooks.js";
