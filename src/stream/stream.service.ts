import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Pool } from 'pg';
import type { AttemptFeed, FedAttempt } from '../log/attempt-feed.service.ts';
import type { Logger } from '../base/logger.ts';
import { listenForChanges, type ChangeListener } from '../database/change-listener.ts';
import type { StreamFilter } from './stream-filter.ts';
import { attemptItems, deliveryItem } from './stream-item.ts';
import { decodeMessage, type AttemptKey } from './stream-message.ts';
import { NOTICED_WITHIN_MS } from './stream-publisher.ts';
import { createStreamReader, type StreamItem, type StreamReader } from './stream-reader.ts';
import { deleteReaders, setReaders, STREAM_CHANNEL } from './stream.repository.ts';

export type StreamService = {
  /**
   * Server-Sent Events of what passes the filter from now on, or since `resumeFrom`. Ends when the
   * process stops, the reader does not keep up, or may read no longer.
   */
  open(filter: StreamFilter, options?: StreamOptions): Readable;
  close(): Promise<void>;
};

export type StreamOptions = {
  readonly resumeFrom?: Date | undefined;
  /** Asked every two seconds; while it rejects, nobody can tell and the reader stays. */
  readonly mayStay?: (() => Promise<boolean>) | undefined;
};

export type StreamServiceDeps = {
  pool: Pool;
  databaseUrl: string;
  feed: AttemptFeed;
  logger: Logger;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
};

const BEAT_EVERY_MS = 1_000;
const COMMENT_EVERY_BEATS = 15;
const CHECK_EVERY_BEATS = 2;
const BATCH = 200;
/** Keys waiting to be read; what comes beyond them is counted as skipped. */
const MAX_WAITING = 1_000;
const RESUME_PAGE = 200;
const MAX_RESUMED = 5_000;
/** What a new reader is told of the moment before it was noticed: what live readers are, at most. */
const MAX_GAP = 1_000;
/** Attempts are recorded a little after they end, and not in that order. */
const RESUME_SLACK_MS = 2_000;

type Gap = { readonly reader: StreamReader; readonly sinceMs: number };

/** The stream's side of a process with readers. It listens, and asks, only while there are any. */
export function createStreamService(deps: StreamServiceDeps): StreamService {
  const { pool, feed, logger, now } = deps;
  const processId = randomUUID();
  /** With the moment at which each was opened. */
  const readers = new Map<StreamReader, number>();
  const checks = new WeakMap<StreamReader, () => Promise<boolean>>();
  const attempts: AttemptKey[] = [];
  let deliveries = new Set<string>();
  let skipped = 0;
  let pumping: Promise<void> | undefined;
  let listener: ChangeListener | undefined;
  let timer: NodeJS.Timeout | undefined;
  let beats = 0;
  let heardAtMs = 0;
  let told: Promise<unknown> = Promise.resolve();
  let gaps: Gap[] = [];
  let filling: Promise<void> | undefined;

  const complain = (err: unknown) => logger.debug({ err }, 'the live stream misses something');

  /** One after the other, so that the last word about the readers is the latest. */
  function tell(say: () => Promise<void>): void {
    told = told.then(say).catch(complain);
  }

  const tellReaders = () =>
    tell(async () => {
      if (readers.size > 0)
        await setReaders(
          pool,
          processId,
          [...readers.keys()].map(({ filter }) => filter),
        );
    });

  function beat(): void {
    beats += 1;
    if (listener?.isListening) heardAtMs = now();
    tellReaders();
    if (beats % COMMENT_EVERY_BEATS === 0)
      for (const reader of readers.keys()) reader.write(': still here\n\n');
    if (beats % CHECK_EVERY_BEATS === 0) for (const reader of readers.keys()) check(reader);
  }

  /** Whoever has lost the key goes, whatever was still on the way to it. */
  function check(reader: StreamReader): void {
    checks
      .get(reader)?.()
      .then((mayStay) => void (mayStay || reader.body.destroy()))
      .catch(complain);
  }

  function start(): void {
    listener = listenForChanges({
      databaseUrl: deps.databaseUrl,
      logger,
      channel: STREAM_CHANNEL,
      onChange: receive,
      onGap: makeUp,
    });
    heardAtMs = now();
    timer = setInterval(beat, BEAT_EVERY_MS);
  }

  /** Listening has begun, perhaps again: what was told meanwhile is read. */
  function makeUp(): void {
    const since = heardAtMs - RESUME_SLACK_MS;
    for (const [reader, openedAtMs] of readers) {
      catchUp(reader, new Date(Math.max(since, openedAtMs))).catch(complain);
    }
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    const closing = listener?.close();
    listener = undefined;
    tell(() => deleteReaders(pool, processId));
    await Promise.all([closing, told]);
  }

  function receive(payload: string): void {
    const message = decodeMessage(payload);
    const room = MAX_WAITING - attempts.length - deliveries.size;
    const taken = message.attempts.slice(0, Math.max(0, room));
    attempts.push(...taken);
    skipped += message.skipped + message.attempts.length - taken.length;
    for (const id of message.deliveries) if (deliveries.size < MAX_WAITING) deliveries.add(id);
    pumping ??= pump()
      .catch(complain)
      .finally(() => (pumping = undefined));
  }

  /** Reads what was told of, once for all readers, and hands it on in the order it was told. */
  async function pump(): Promise<void> {
    while (attempts.length + deliveries.size > 0) {
      const keys = attempts.splice(0, BATCH);
      const ids = [...deliveries];
      deliveries = new Set();
      const [fed, changed] = await Promise.all([
        keys.length === 0 ? [] : feed.attempts(keys),
        ids.length === 0 ? [] : feed.deliveries(ids),
      ]);
      const order = new Map(keys.map((key, index) => [key.deliveryId, index]));
      fed.sort((a, b) => (order.get(a.delivery.id) ?? 0) - (order.get(b.delivery.id) ?? 0));
      for (const one of fed) send(attemptItems(one));
      send(changed.map(deliveryItem));
      if (skipped > 0) {
        for (const reader of readers.keys()) reader.write(skippedEvent(skipped));
        skipped = 0;
      }
    }
  }

  function send(items: readonly StreamItem[]): void {
    for (const reader of readers.keys()) for (const item of items) reader.send(item);
  }

  /** What ended since a moment, from the database; what the reader has had is not sent again. */
  async function catchUp(reader: StreamReader, since: Date): Promise<void> {
    const { tenant, subscription_id: subscriptionId } = reader.filter;
    let from = since;
    for (let count = 0; !reader.body.destroyed; count += RESUME_PAGE) {
      if (count >= MAX_RESUMED) return reader.write(skippedEvent(null));
      await reader.taken();
      const page = await feed.since({ tenant, subscriptionId, since: from, limit: RESUME_PAGE });
      for (const one of page) {
        for (const item of attemptItems(one)) reader.sendOld(item);
      }
      const last = page.at(-1);
      if (page.length < RESUME_PAGE || last === undefined) return undefined;
      from = new Date(endOf(last));
    }
    return undefined;
  }

  /**
   * Asks once for all readers who want the same: where much is delivered, looking back is dear, and
   * readers come in bunches.
   */
  async function fillGaps(): Promise<void> {
    for (let some = gaps; some.length > 0; some = gaps) {
      gaps = [];
      const scopes = Map.groupBy(some, ({ reader: { filter } }) =>
        JSON.stringify([filter.tenant, filter.subscription_id]),
      );
      for (const same of scopes.values()) await fill(same).catch(complain);
    }
  }

  async function fill(same: readonly Gap[]): Promise<void> {
    const { tenant, subscription_id: subscriptionId } = (same[0] as Gap).reader.filter;
    const since = new Date(Math.min(...same.map(({ sinceMs }) => sinceMs)));
    const missed = await feed.since({ tenant, subscriptionId, since, limit: MAX_GAP });
    const ended = missed.map((one) => ({ atMs: endOf(one), items: attemptItems(one) }));
    for (const { reader, sinceMs } of same) {
      for (const { atMs, items } of ended) {
        // Not what ended before this one came, though somebody else asks for it.
        if (atMs >= sinceMs) for (const item of items) reader.sendOld(item);
      }
      if (missed.length === MAX_GAP) reader.write(skippedEvent(null));
    }
  }

  /** Those who deliver notice a new reader within a second or so; that gap is filled as well. */
  function settle(reader: StreamReader, openedAt: Date, resumeFrom: Date | undefined): void {
    if (resumeFrom !== undefined) {
      reader.hold();
      catchUp(reader, new Date(resumeFrom.getTime() - RESUME_SLACK_MS))
        .catch(complain)
        .finally(() => reader.release());
    }
    let noticed: NodeJS.Timeout | undefined;
    reader.body.once('close', () => clearTimeout(noticed));
    // From when the reader is on the register: while the database is busy, that takes a while.
    void told.then(() => {
      if (reader.body.destroyed) return;
      noticed = setTimeout(() => {
        gaps.push({ reader, sinceMs: openedAt.getTime() });
        filling ??= fillGaps().finally(() => (filling = undefined));
      }, NOTICED_WITHIN_MS);
    });
  }

  return {
    open(filter, { resumeFrom, mayStay } = {}) {
      const reader = createStreamReader(filter);
      if (mayStay !== undefined) checks.set(reader, mayStay);
      if (readers.size === 0) start();
      const openedAtMs = now();
      readers.set(reader, openedAtMs);
      tellReaders();
      reader.body.once('close', () => {
        readers.delete(reader);
        if (readers.size === 0) void stop();
      });
      reader.write('retry: 1000\n\n');
      settle(reader, new Date(openedAtMs), resumeFrom);
      return reader.body;
    },
    async close() {
      for (const reader of readers.keys()) reader.end();
      if (listener !== undefined) await stop();
      await pumping;
    },
  };
}

/** Unix time in milliseconds. */
function endOf({ attempt }: FedAttempt): number {
  return attempt.started_at.getTime() + attempt.duration_ms;
}

/** How many attempts were left out; null: more than are read again for who resumes. */
function skippedEvent(count: number | null): string {
  return `event: skipped\ndata: ${JSON.stringify({ count })}\n\n`;
}
