import type { Entry } from "./schema.js";

/** Forged, older than five minutes, or no webhook. */
export class WebhookRefused extends Error {
  override readonly name = "WebhookRefused";
}

export interface WebhookEvent {
  /** The same for each delivery of this event: set aside what you have seen. */
  id: string;
  /** The entry's action, or `ping`. */
  type: string;
  timestamp: string;
  /** Undefined for a ping. */
  entry: Entry | undefined;
}

type HeadersGiven = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const TOLERANCE = 300; // seconds

/**
 * The event of a delivery, by the Standard Webhooks specification: `body` is what was received, not parsed, and `secret`
 * the subscription's, `whsec_…`. The header may have several signatures, as while the secret is changed. Throws
 * WebhookRefused.
 */
export async function verifyWebhook(
  secret: string,
  headers: HeadersGiven,
  body: string | Uint8Array,
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => header(headers, `webhook-${name}`));
  if (!id || !timestamp || !signatures) throw new WebhookRefused("A header of the webhook is missing.");
  const age = Date.now() / 1000 - Number(timestamp);
  if (!(Math.abs(age) <= TOLERANCE)) throw new WebhookRefused("The webhook's timestamp is too old or too new.");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const shared = bytes(secret.replace(/^whsec_/, ""));
  if (!shared.length) throw new WebhookRefused("The secret is not base64.");
  const key = await crypto.subtle.importKey("raw", shared, algorithm, false, ["verify"]);
  for (const signature of signatures.split(" ")) {
    const [version, encoded = ""] = signature.split(",");
    if (version === "v1" && (await crypto.subtle.verify("HMAC", key, bytes(encoded), signed))) {
      const { type, data, ...sent } = JSON.parse(text) as { type: string; timestamp: string; data: Entry };
      return { id, type, timestamp: sent.timestamp, entry: type === "ping" ? undefined : data };
    }
  }
  throw new WebhookRefused("No signature of the webhook is right.");
}

function header(headers: HeadersGiven, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const [, value] = Object.entries(headers).find(([given]) => given.toLowerCase() === name) ?? [];
  return typeof value === "string" ? value : value?.[0];
}

/** From base64; nothing from what is none. */
function bytes(encoded: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
