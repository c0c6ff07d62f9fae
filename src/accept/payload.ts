import { isUtf8 } from 'node:buffer';

/** The event type of what arrives without one. */
export const UNTYPED = 'untyped';

const EVENT_TYPE = /^[A-Za-z0-9._:/-]{1,128}$/;

export function isEventType(text: string): boolean {
  return EVENT_TYPE.test(text);
}

/** Why a body cannot be a payload, or its text and value. */
export type ReadPayload =
  | { readonly ok: true; readonly text: string; readonly value: unknown }
  | { readonly ok: false; readonly fault: 'not_utf8' | 'byte_order_mark' | 'not_json' };

/**
 * Reads a body as JSON text. What is not UTF-8, or begins with a byte-order mark, is refused:
 * receivers' verifiers fail on both, and text keeps every other body exactly.
 */
export function readPayload(bytes: Buffer): ReadPayload {
  if (!isUtf8(bytes)) return { ok: false, fault: 'not_utf8' };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { ok: false, fault: 'byte_order_mark' };
  }
  const text = bytes.toString();
  try {
    return { ok: true, text, value: JSON.parse(text) };
  } catch {
    return { ok: false, fault: 'not_json' };
  }
}

/**
 * The event type that a JSON object states of itself: a text in `event_type`, which may be none that
 * can be used, or else one in `event` that can. Only the first has no other meaning.
 */
export function statedEventType(
  value: unknown,
): { readonly eventType: string; readonly member: 'event_type' | 'event' } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { event_type: eventType, event }: { event_type?: unknown; event?: unknown } = value;
  if (typeof eventType === 'string') return { eventType, member: 'event_type' };
  if (typeof event === 'string' && isEventType(event)) return { eventType: event, member: 'event' };
  return undefined;
}
