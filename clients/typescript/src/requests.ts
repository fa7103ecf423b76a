import { Problem, problemOf } from "./problems.js";

export type Fetch = (address: string, init: RequestInit) => Promise<Response>;
export type Query = Record<string, string | number | boolean | readonly (string | number)[] | null | undefined>;
export type Identified = { readonly id: number };
/** A row as it was read. A write sends its version, and is refused if somebody has written the row since. */
export type Versioned = Identified & { readonly version: number };

export interface Options {
  signal?: AbortSignal;
  /** Of a POST. By default each call has a new one; keep your own to repeat a call after a restart of your program. */
  idempotencyKey?: string;
}

export interface Settings {
  /** Such as `https://factcheck.example`. */
  server: string;
  /** Without one you see what the service shows to the public. */
  token?: string;
  fetch?: Fetch;
  /** How often a request is sent at most. */
  attempts?: number;
  /** Milliseconds for one attempt. */
  timeout?: number;
}

export interface Sent extends Options {
  query?: Query | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

const LONGEST_WAIT = 60_000;

export class Requests {
  readonly #fetch: Fetch;
  readonly #server: string;
  readonly #headers: Record<string, string>;
  readonly #attempts: number;
  readonly #timeout: number;

  constructor({ server, token, attempts = 4, timeout = 30_000, fetch }: Settings) {
    this.#server = server.replace(/\/+$/, "");
    this.#headers = token ? { Authorization: `Bearer ${token}` } : {};
    this.#fetch = fetch ?? ((address, init) => globalThis.fetch(address, init));
    this.#attempts = attempts;
    this.#timeout = timeout;
  }

  /** The JSON of the answer, undefined for an empty one, and the Response itself for another format. Throws Problem. */
  async json(method: string, path: string, sent: Sent = {}): Promise<unknown> {
    const key = method === "POST" ? { "Idempotency-Key": sent.idempotencyKey ?? newKey() } : undefined;
    const headers = { Accept: "application/json, */*;q=0.1", ...key, ...sent.headers };
    const repeatable = method === "GET" || method === "POST";
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt >= this.#attempts;
      try {
        return await contentOf(await this.once(method, path, { ...sent, headers }));
      } catch (error) {
        const wait = last || sent.signal?.aborted ? undefined : waitAfter(error, attempt, repeatable);
        if (wait === undefined) throw error;
        await sleep(wait, sent.signal);
      }
    }
  }

  /** One attempt; `timeout: 0` waits for ever. Throws Problem unless it succeeds. */
  async once(method: string, path: string, sent: Sent, timeout = this.#timeout): Promise<Response> {
    const signals = [sent.signal, timeout ? AbortSignal.timeout(timeout) : undefined].filter((signal) => !!signal);
    const json = sent.body === undefined ? undefined : { "Content-Type": "application/json" };
    const response = await this.#fetch(this.#server + path + search(sent.query), {
      method,
      headers: { ...this.#headers, ...json, ...sent.headers },
      body: sent.body === undefined ? null : JSON.stringify(sent.body),
      signal: AbortSignal.any(signals),
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

/** The rows of a list, over all its pages; `pages()` are the pages themselves, such as the journal's with its `cursor`. */
export class Rows<Row, Page extends { next: string | null; results: Row[] }> implements AsyncIterable<Row> {
  constructor(
    private readonly requests: Requests,
    private readonly path: string,
    private readonly sent: Sent,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void> {
    for await (const page of this.pages()) yield* page.results;
  }

  /** Of the address in `next` only the query is taken, so that the token goes to no other server. */
  async *pages(): AsyncGenerator<Page, void> {
    let query = this.sent.query;
    for (;;) {
      const page = (await this.requests.json("GET", this.path, { ...this.sent, query })) as Page;
      yield page;
      if (page.next === null) return;
      query = Object.fromEntries(new URL(page.next, "http://localhost").searchParams);
    }
  }
}

/**
 * Milliseconds until the request may be sent again, or undefined. After a broken connection nobody knows whether a write
 * was done: a POST is repeated by its key. PUT, PATCH and DELETE have none, and would be refused for their own success.
 */
export function waitAfter(error: unknown, attempt: number, repeatable: boolean): number | undefined {
  const backoff = 500 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  if (!(error instanceof Problem)) return repeatable ? backoff : undefined;
  const { status, retryAfter } = error;
  const passing = status === 429 || (repeatable && (status >= 502 || (status === 409 && retryAfter !== undefined)));
  const wait = retryAfter === undefined ? backoff : retryAfter * 1000;
  return passing && wait <= LONGEST_WAIT ? wait : undefined;
}

export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Not crypto.randomUUID, which a page has only over HTTPS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Several values are one parameter: `tag=denied,asserted`. */
function search(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

async function contentOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const isJson = /^application\/(\w+\+)?json\b/.test(response.headers.get("Content-Type") ?? "");
  return isJson ? response.json() : response;
}
