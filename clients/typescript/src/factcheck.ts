import { operations, type Operations } from "./operations.js";
import { type Options, type Query, Requests, Rows, type Settings, type Versioned } from "./requests.js";

type Operation = readonly [method: string, path: string, ...takes: ("version" | "body" | "query")[]];

/**
 * The operations of the service, by resource: `factcheck.statements.list({ article: 3 })`. Each takes what is in its
 * address, a row or its id; then its body; then its query; then options.
 */
export interface Factcheck extends Operations {}
export class Factcheck {
  readonly requests: Requests;

  constructor(settings: Settings) {
    this.requests = new Requests(settings);
    for (const [resource, table] of Object.entries<Record<string, Operation>>(operations)) {
      const methods = Object.entries(table).map(([name, operation]) => [name, method(this.requests, operation)]);
      Object.assign(this, { [resource]: Object.fromEntries(methods) });
    }
  }
}

function method(requests: Requests, [verb, address, ...takes]: Operation) {
  return (...given: unknown[]): unknown => {
    let headers = {};
    const path = address.replace(/\{\w+\}/g, () => {
      const target = given.shift() as Versioned | number | string;
      if (typeof target !== "object") return encodeURIComponent(target);
      if (takes.includes("version")) headers = { "If-Match": `"${target.version}"` };
      return String(target.id);
    });
    const body = takes.includes("body") ? given.shift() : undefined;
    const query = takes.includes("query") ? (given.shift() as Query | undefined) : undefined;
    const sent = { ...(given.shift() as Options | undefined), headers, body, query };
    return verb === "LIST" ? new Rows(requests, path, sent) : requests.json(verb, path, sent);
  };
}
