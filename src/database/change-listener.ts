import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../base/logger.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_WAIT_MS = 5_000;
/** A connection that a firewall dropped silently never fails: it has to be probed. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;

export type ChangeListener = {
  /** Whether every change since the last `onGap` has been reported, or is about to be. */
  readonly isListening: boolean;
  close(): Promise<void>;
};

export type ChangeListenerOptions = {
  databaseUrl: string;
  logger: Logger;
  channel: string;
  /** What the log says when the connection is lost. */
  warning: string;
  /** Something was notified, by whichever process. */
  onChange(payload: string): void;
  /** Listening begins, for the first time or again; what was notified before is not known. */
  onGap(): void;
};

/**
 * Receives every notification of a channel, on a connection of its own, which it makes again for
 * as long as it takes when it is lost.
 */
export function listenForChanges(options: ChangeListenerOptions): ChangeListener {
  const closing = new AbortController();
  const closed = once(closing.signal, 'abort');
  let isListening = false;

  async function listenOnce(): Promise<void> {
    const client = new pg.Client({
      connectionString: options.databaseUrl,
      application_name: 'posthorn listen',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: PING_TIMEOUT_MS,
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => options.onChange(payload ?? ''));
    const end = () => void client.end().catch(() => undefined);
    let ping: NodeJS.Timeout | undefined;
    try {
      await client.connect();
      await client.query(`listen "${options.channel}"`);
      if (closing.signal.aborted) return;
      ping = setInterval(() => client.query('select 1').catch(end), PING_INTERVAL_MS);
      options.onGap();
      isListening = true;
      await Promise.race([ended, closed]);
    } finally {
      isListening = false;
      clearInterval(ping);
      // Not awaited: after a failure pg may have nothing left to end, and never say so.
      end();
    }
  }

  async function run(): Promise<void> {
    for (let waitMs = 100; !closing.signal.aborted; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
      const startedAt = performance.now();
      const failure = await listenOnce().catch((error: unknown) => error);
      if (closing.signal.aborted) return;
      if (performance.now() - startedAt > MAX_WAIT_MS) waitMs = 100;
      options.logger.warn({ err: failure, wait_ms: waitMs }, options.warning);
      await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  const running = run();

  return {
    get isListening() {
      return isListening;
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
