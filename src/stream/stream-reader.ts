import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamFilter, StreamSubject } from './stream-filter.ts';
import { passes } from './stream-filter.ts';

/** An item for the stream, encoded once for all readers. */
export type StreamItem = {
  /** The same for the same attempt; null where repeating does no harm. */
  readonly key: string | null;
  readonly subject: StreamSubject;
  readonly bytes: Buffer;
};

export type StreamReader = {
  readonly filter: StreamFilter;
  readonly body: Readable;
  send(item: StreamItem): void;
  /** As `send`, for what is read from the database, also while live items are held. */
  sendOld(item: StreamItem): void;
  write(text: string): void;
  /** Holds live items back, so that what is older comes before them. */
  hold(): void;
  release(): void;
  /** Resolves once the reader has taken most of what it was sent, or is gone. */
  taken(): Promise<void>;
  end(): void;
};

/** A reader that has not taken this much is gone or too slow; it may come back and resume. */
const MAX_UNREAD_BYTES = 1_048_576;
const FEW_UNREAD_BYTES = 65_536;
const TAKEN_POLL_MS = 20;
const MAX_HELD = 2_000;
const MAX_REMEMBERED = 10_000;

/** One reader's side of the stream. Ends, rather than grows, when it does not keep up. */
export function createStreamReader(filter: StreamFilter): StreamReader {
  const body = new Readable({ read: () => undefined });
  const sent = new Set<string>();
  let held: StreamItem[] | undefined;

  function push(bytes: Buffer | string): void {
    if (body.destroyed || body.readableEnded) return;
    if (body.readableLength > MAX_UNREAD_BYTES) {
      body.destroy();
      return;
    }
    body.push(bytes);
  }

  function sendOld({ key, subject, bytes }: StreamItem): void {
    if (!passes(filter, subject)) return;
    if (key !== null) {
      if (sent.has(key)) return;
      sent.add(key);
      const [oldest] = sent;
      if (sent.size > MAX_REMEMBERED && oldest !== undefined) sent.delete(oldest);
    }
    push(bytes);
  }

  return {
    filter,
    body,
    sendOld,
    send(item) {
      if (held === undefined) sendOld(item);
      else if (held.push(item) > MAX_HELD) body.destroy();
    },
    write: push,
    hold() {
      held ??= [];
    },
    release() {
      const items = held ?? [];
      held = undefined;
      for (const item of items) sendOld(item);
    },
    async taken() {
      while (!body.destroyed && body.readableLength > FEW_UNREAD_BYTES) await delay(TAKEN_POLL_MS);
    },
    end() {
      if (!body.destroyed) body.push(null);
    },
  };
}
