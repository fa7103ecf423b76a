import type { Factcheck } from "./factcheck.js";
import { Problem } from "./problems.js";
import { type Options, type Requests, type Sent, sleep } from "./requests.js";
import type { Change, Entry, FeedsChangesStreamQuery, JournalStreamQuery } from "./schema.js";

export interface Streamed<Data> {
  /** Keep it, and give it as `after` to go on behind this event. */
  cursor: string;
  data: Data;
}

const SILENCE = 45_000; // three heartbeats
const LONGEST_WAIT = 30_000;

/**
 * The newsroom's journal, for ever: each entry within a moment of its commit. It begins behind `after`, or now, and ends
 * with `signal`. Throws Problem when it is refused.
 */
export function journalStream(
  { requests }: Factcheck,
  query: JournalStreamQuery = {},
  options: Options = {},
): AsyncGenerator<Streamed<Entry>, void> {
  return stream(requests, "/api/v1/journal/stream/", query, options);
}

/** The changes that strangers may see, for ever. */
export function changesStream(
  { requests }: Factcheck,
  query: FeedsChangesStreamQuery = {},
  options: Options = {},
): AsyncGenerator<Streamed<Change>, void> {
  return stream(requests, "/api/v1/feeds/changes/stream/", query, options);
}

/** On fetch, since an EventSource sends no token. A connection that breaks or falls silent is made again. */
async function* stream<Data>(
  requests: Requests,
  path: string,
  query: JournalStreamQuery,
  { signal }: Options,
): AsyncGenerator<Streamed<Data>, void> {
  const events = new Events();
  for (let failures = 0; !signal?.aborted; failures += 1) {
    let asked: number | undefined;
    try {
      for await (const text of textOf(requests, path, { query: { ...query }, headers: headersOf(events) }, signal)) {
        for (const data of events.in(text)) {
          failures = 0;
          yield { cursor: events.id ?? "", data: JSON.parse(data) as Data };
        }
      }
    } catch (error) {
      if (error instanceof Problem && error.status !== 429 && error.status < 500) throw error;
      asked = error instanceof Problem ? error.retryAfter : undefined;
    }
    events.forgetTheUnfinished();
    const backoff = Math.min(events.retry * 2 ** failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    await sleep(asked === undefined ? backoff : asked * 1000, signal).catch(() => undefined);
  }
}

function headersOf({ id }: Events): Record<string, string> {
  return { Accept: "text/event-stream", ...(id ? { "Last-Event-ID": id } : undefined) };
}

/** What comes over one connection, until it ends. Throws when nothing has come for too long. */
async function* textOf(requests: Requests, path: string, sent: Sent, signal?: AbortSignal): AsyncGenerator<string, void> {
  const over = new AbortController();
  const inTime = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    const timer = setTimeout(() => over.abort(), SILENCE);
    return answer.finally(() => clearTimeout(timer));
  };
  const ends = AbortSignal.any(signal ? [over.signal, signal] : [over.signal]);
  try {
    const response = await inTime(requests.once("GET", path, { ...sent, signal: ends }, 0));
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    over.abort();
  }
}

/** Server-sent events, as the HTML standard reads them: an id counts from its blank line on, also one without data. */
class Events {
  retry = 1000; // milliseconds
  id: string | undefined;
  #rest = "";
  #data: string[] = [];
  #next: string | undefined;

  /** The data of the events that are complete with this text. */
  *in(text: string): Generator<string, void> {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, name, value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (name === "data") this.#data.push(value);
      if (name === "id") this.#next = value;
      if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
      if (line === "") {
        this.id = this.#next ?? this.id;
        if (this.#data.length) yield this.#data.splice(0).join("\n");
      }
    }
  }

  forgetTheUnfinished(): void {
    this.#rest = "";
    this.#data = [];
    this.#next = undefined;
  }
}
