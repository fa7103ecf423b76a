import type { FieldError, PassagePlace, Problem as Document, ProblemType, SourceCandidate } from "./schema.js";

/** A refusal of the service: its problem document (RFC 9457). `about:blank` is one that came from elsewhere, as a proxy. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly type: ProblemType | "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: FieldError[];
  readonly candidates: PassagePlace[];
  readonly nearest: PassagePlace | undefined;
  readonly sourceCandidates: SourceCandidate[];
  /** Seconds. */
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;

  constructor(response: Response, document: Partial<Document>) {
    const title = document.title ?? (response.statusText || `HTTP ${response.status}`);
    super(document.detail ?? title);
    this.type = document.type ?? "about:blank";
    this.title = title;
    this.status = response.status;
    this.detail = document.detail ?? title;
    this.errors = document.errors ?? [];
    this.candidates = document.candidates ?? [];
    this.nearest = document.nearest;
    this.sourceCandidates = document.source_candidates ?? [];
    this.retryAfter = secondsOf(response.headers.get("Retry-After"));
    this.requestId = response.headers.get("X-Request-ID") ?? undefined;
  }
}

/** 412: somebody has written the row since it was read. */
export class PreconditionFailed extends Problem {
  override readonly name = "PreconditionFailed";
  /** Of the row as it is now; undefined if several were written at once, where `errors` names each with its version. */
  readonly etag: string | undefined;
  readonly version: number | undefined;

  constructor(response: Response, document: Partial<Document>) {
    super(response, document);
    this.etag = response.headers.get("ETag") ?? undefined;
    const version = /^(?:W\/)?"(\d+)/.exec(this.etag ?? "")?.[1];
    this.version = version === undefined ? undefined : Number(version);
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const text = await response.text();
  const Kind = response.status === 412 ? PreconditionFailed : Problem;
  return new Kind(response, isProblem ? (JSON.parse(text) as Document) : {});
}

/** From seconds or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}
