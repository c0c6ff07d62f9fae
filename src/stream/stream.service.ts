import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { listenForChanges } from '../database/change-listener.ts';
import type { AttemptFeed } from '../log/attempt-feed.service.ts';
import { createGapFiller } from './gap-filler.ts';
import { createReaderRegistry } from './reader-registry.ts';
import type { StreamFilter } from './stream-filter.ts';
import { createStreamListener } from './stream-listener.ts';
import { NOTICED_WITHIN_MS } from './stream-publisher.ts';
import { createStreamReader } from './stream-reader.ts';
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
  /** Asked every two seconds; while it rejects, that is unknown and the reader stays. */
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

/** The stream's side of a process with readers. It listens, and asks, only while there are any. */
export function createStreamService(deps: StreamServiceDeps): StreamService {
  const { pool, feed, logger, now } = deps;
  const processId = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  const onError = (err: unknown) => logger.debug({ err }, 'the live stream misses something');

  const registry = createReaderRegistry({
    announce: (filters) =>
      filters.length === 0 ? deleteReaders(pool, processId) : setReaders(pool, processId, filters),
    onEmpty: () => void stop(),
    onError,
  });
  const gaps = createGapFiller({ feed, noticedWithinMs: NOTICED_WITHIN_MS, onError });
  const listener = createStreamListener({
    feed,
    listen: (options) =>
      listenForChanges({
        ...options,
        databaseUrl: deps.databaseUrl,
        logger,
        channel: STREAM_CHANNEL,
        warning: 'not listening for the live stream; it goes on when that works',
      }),
    now,
    onItems: registry.send,
    onText: registry.write,
    onGap(sinceMs) {
      for (const [reader, openedAtMs] of registry.readers) {
        gaps.catchUp(reader, Math.max(sinceMs, openedAtMs));
      }
    },
    onError,
  });

  function start(): void {
    listener.start();
    timer = setInterval(() => {
      listener.beat();
      registry.beat();
    }, BEAT_EVERY_MS);
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    await listener.stop();
  }

  return {
    open(filter, { resumeFrom, mayStay } = {}) {
      const reader = createStreamReader(filter);
      const openedAtMs = now();
      if (!listener.isStarted) start();
      registry.add(reader, { openedAtMs, mayStay });
      reader.write('retry: 1000\n\n');
      if (resumeFrom !== undefined) gaps.resume(reader, resumeFrom.getTime());
      // From when the reader is on the register: while the database is busy, that takes a while.
      void registry.announced().then(() => gaps.fillBefore(reader, openedAtMs));
      return reader.body;
    },
    async close() {
      await Promise.all([registry.end(), stop()]);
      await listener.drained();
    },
  };
}
