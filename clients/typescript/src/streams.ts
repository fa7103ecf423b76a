import { createParser } from "eventsource-parser";
import type { Factcheck } from "./factcheck.js";
import { Problem } from "./problems.js";
import { type Query, type Requests, sleep } from "./requests.js";
import type { Entry } from "./schema.js";

/** What anybody may know of an entry. */
export type Change = Pick<Entry, "id" | "at" | "action" | "resource" | "resource_id" | "version" | "article">;

export interface Streamed<Data> {
  /** Keep it, and give it as `after` to go on behind this event. */
  cursor: string;
  data: Data;
}

export interface StreamOptions {
  after?: string;
  query?: Query;
  /** Ends the stream. */
  signal?: AbortSignal;
}

const SILENCE = 45_000; // three heartbeats
const LONGEST_WAIT = 30_000;

/** The newsroom's journal, for ever: each entry within a moment of its commit. Throws Problem when it is refused. */
export function journalStream(factcheck: Factcheck, options: StreamOptions = {}): AsyncGenerator<Streamed<Entry>, void> {
  return stream(factcheck.requests, "/api/v1/journal/stream/", options);
}

/** The changes that strangers may see, for ever. */
export function changesStream(factcheck: Factcheck, options: StreamOptions = {}): AsyncGenerator<Streamed<Change>, void> {
  return stream(factcheck.requests, "/api/v1/feeds/changes/stream/", options);
}

/** On fetch, since an EventSource sends no token. A connection that breaks or falls silent is made again. */
async function* stream<Data>(
  requests: Requests,
  path: string,
  { after, query, signal }: StreamOptions,
): AsyncGenerator<Streamed<Data>, void> {
  const state = { cursor: after, pause: 1000, failures: 0 };
  while (!signal?.aborted) {
    let asked: number | undefined;
    try {
      for await (const data of connection(requests, path, query, state, signal)) {
        state.failures = 0;
        yield { cursor: state.cursor ?? "", data: JSON.parse(data) as Data };
      }
    } catch (error) {
      if (error instanceof Problem && error.status !== 429 && error.status < 500) throw error;
      asked = error instanceof Problem ? error.retryAfter : undefined;
    }
    const backoff = Math.min(state.pause * 2 ** state.failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    state.failures += 1;
    await sleep(asked === undefined ? backoff : asked * 1000, signal).catch(() => undefined);
  }
}

/** The data of one connection's events, until it ends or has been silent for too long. */
async function* connection(
  requests: Requests,
  path: string,
  query: Query | undefined,
  state: { cursor: string | undefined; pause: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  const silent = new AbortController();
  const aloud = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    const timer = setTimeout(() => silent.abort(), SILENCE);
    return answer.finally(() => clearTimeout(timer));
  };
  const headers = { Accept: "text/event-stream", ...(state.cursor && { "Last-Event-ID": state.cursor }) };
  const ends = AbortSignal.any([silent.signal, ...(signal ? [signal] : [])]);
  const response = await aloud(requests.once("GET", path, { query, headers, signal: ends }, 0));
  const came: { id: string | undefined; data: string }[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => came.push({ id, data }),
    onRetry: (milliseconds) => (state.pause = milliseconds),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await aloud(reader.read());
      if (done) return;
      parser.feed(value);
      for (const { id, data } of came.splice(0)) {
        state.cursor = id ?? state.cursor;
        yield data;
      }
    }
  } finally {
    silent.abort();
  }
}
