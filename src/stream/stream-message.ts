/** An attempt by its key. */
export type AttemptKey = { readonly deliveryId: string; readonly attemptNumber: number };

/** Messages from workers to processes with readers: keys alone, which fit a notification. */
export type StreamMessage = {
  readonly attempts: readonly AttemptKey[];
  /** Deliveries whose state has changed otherwise. */
  readonly deliveries: readonly string[];
  /** How many more there were than a reader could follow. */
  readonly skipped: number;
};

type Encoded = { a: string[]; d: string[]; s: number };

/** A key takes about 28 of the 8,000 bytes that a notification may have. */
export function encodeMessage({ attempts, deliveries, skipped }: StreamMessage): string {
  const encoded: Encoded = {
    a: attempts.map(({ deliveryId, attemptNumber }) => `${pack(deliveryId)}${attemptNumber}`),
    d: deliveries.map(pack),
    s: skipped,
  };
  return JSON.stringify(encoded);
}

/** Empty where the text is not one of ours. */
export function decodeMessage(text: string): StreamMessage {
  const message = parse(text);
  if (!isEncoded(message)) return { attempts: [], deliveries: [], skipped: 0 };
  return {
    attempts: message.a.map((key) => ({
      deliveryId: unpack(key.slice(0, PACKED_LENGTH)),
      attemptNumber: Number(key.slice(PACKED_LENGTH)),
    })),
    deliveries: message.d.map(unpack),
    skipped: message.s,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEncoded(value: unknown): value is Encoded {
  if (typeof value !== 'object' || value === null) return false;
  const { a, d, s }: { a?: unknown; d?: unknown; s?: unknown } = value;
  return areTexts(a) && areTexts(d) && typeof s === 'number';
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

const PACKED_LENGTH = 22;

function pack(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function unpack(packed: string): string {
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
