import type { EventContent, QueuedDelivery } from './queued-delivery.ts';

/** A delivery as it was stored, with all that is needed to send it. */
export type FreshDelivery = {
  readonly delivery: QueuedDelivery;
  readonly content: EventContent;
};

/**
 * Events that this process has accepted a moment ago, for its own worker, so that a first attempt reads
 * nothing back. It is a memory of rows, not a queue: the job in the database decides who delivers,
 * and whatever is not here, or is no longer fresh, is loaded.
 */
export type Handoff = {
  /** Remembers a delivery once it is committed, while somebody in this process delivers. */
  put(fresh: FreshDelivery): void;
  /** Hands a delivery out, once; what has been changed manually is taken as well, to be loaded. */
  take(deliveryId: string): FreshDelivery | undefined;
  /** From now on deliveries are remembered, until the answer is called. */
  open(): () => void;
};

export type HandoffOptions = {
  maxBytes?: number;
  maxAgeMs?: number;
  now?(): number;
};

/**
 * At saturation a job comes within a tenth of it, and it is far less than it takes until others may
 * carry on a job (a beat's limit, a failed job's second try): nothing is sent from memory that may
 * have moved on in the database since.
 */
const MAX_AGE_MS = 500;
const MAX_BYTES = 8 * 1_048_576;
/** The cost of an entry beside its payload. */
const OVERHEAD_BYTES = 1_024;
/** Larger ones are read when their turn comes, so that few of them do not push out all others. */
const MAX_PAYLOAD_LENGTH = 65_536;

type Entry = { readonly fresh: FreshDelivery; readonly putAtMs: number; readonly bytes: number };

export function createHandoff({
  maxBytes = MAX_BYTES,
  maxAgeMs = MAX_AGE_MS,
  now = () => performance.now(),
}: HandoffOptions = {}): Handoff {
  /** The oldest first. */
  const entries = new Map<string, Entry>();
  let bytes = 0;
  let takers = 0;
  let sweepAtMs = 0;

  function remove(id: string, entry: Entry): void {
    entries.delete(id);
    bytes -= entry.bytes;
  }

  /** A map that entries leave is slow to ask for its first one, so it is not asked every time. */
  function makeRoom(nowMs: number): void {
    if (bytes <= maxBytes && nowMs < sweepAtMs) return;
    sweepAtMs = nowMs + maxAgeMs / 2;
    const kept = bytes > maxBytes ? maxBytes / 2 : maxBytes;
    for (const [id, entry] of entries) {
      if (bytes <= kept && nowMs - entry.putAtMs <= maxAgeMs) return;
      remove(id, entry);
    }
  }

  return {
    put(fresh) {
      const { length } = fresh.content.payload ?? '';
      if (takers === 0 || length > MAX_PAYLOAD_LENGTH) return;
      const entry = { fresh, putAtMs: now(), bytes: length + OVERHEAD_BYTES };
      entries.set(fresh.delivery.id, entry);
      bytes += entry.bytes;
      makeRoom(entry.putAtMs);
    },
    take(deliveryId) {
      const entry = entries.get(deliveryId);
      if (entry === undefined) return undefined;
      remove(deliveryId, entry);
      return now() - entry.putAtMs <= maxAgeMs ? entry.fresh : undefined;
    },
    open() {
      takers += 1;
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        takers -= 1;
        if (takers > 0) return;
        entries.clear();
        bytes = 0;
      };
    },
  };
}
