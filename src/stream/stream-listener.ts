import type { ChangeListener, ChangeListenerOptions } from '../database/change-listener.ts';
import type { AttemptFeed } from '../log/attempt-feed.service.ts';
import { attemptItems, deliveryItem, skippedEvent } from './stream-item.ts';
import { decodeMessage, type AttemptKey } from './stream-message.ts';
import type { StreamItem } from './stream-reader.ts';

/** Hears what those who deliver tell, reads it from the database and hands it on. */
export type StreamListener = {
  readonly isStarted: boolean;
  start(): void;
  /** To be called every second. */
  beat(): void;
  stop(): Promise<void>;
  /** Resolves once what has been heard is handed on. */
  drained(): Promise<void>;
};

export type StreamListenerDeps = {
  feed: Pick<AttemptFeed, 'attempts' | 'deliveries'>;
  listen(options: Pick<ChangeListenerOptions, 'onChange' | 'onGap'>): ChangeListener;
  /** Unix time in milliseconds. */
  now(): number;
  /** In the order in which it was told. */
  onItems(items: readonly StreamItem[]): void;
  onText(text: string): void;
  /** Listening has begun, perhaps again, and nothing was heard since the moment given. */
  onGap(sinceMs: number): void;
  onError(error: unknown): void;
};

const BATCH = 200;
/** Keys waiting to be read; what comes beyond them is counted as skipped. */
const MAX_WAITING = 1_000;
/** What was heard last may have been told as late as this. */
const HEARD_SLACK_MS = 2_000;

export function createStreamListener(deps: StreamListenerDeps): StreamListener {
  const { feed, now } = deps;
  const attempts: AttemptKey[] = [];
  const deliveries = new Set<string>();
  let skipped = 0;
  let handingOn: Promise<void> | undefined;
  let listener: ChangeListener | undefined;
  let heardAtMs = 0;

  function receive(payload: string): void {
    const message = decodeMessage(payload);
    const room = MAX_WAITING - attempts.length - deliveries.size;
    const taken = message.attempts.slice(0, Math.max(0, room));
    attempts.push(...taken);
    skipped += message.skipped + message.attempts.length - taken.length;
    for (const id of message.deliveries) if (deliveries.size < MAX_WAITING) deliveries.add(id);
    handingOn ??= handOn()
      .catch(deps.onError)
      .finally(() => (handingOn = undefined));
  }

  /** Reads what was announced, once for all readers. */
  async function handOn(): Promise<void> {
    while (attempts.length + deliveries.size > 0) {
      const keys = attempts.splice(0, BATCH);
      const ids = [...deliveries];
      deliveries.clear();
      const [fed, changed] = await Promise.all([
        keys.length === 0 ? [] : feed.attempts(keys),
        ids.length === 0 ? [] : feed.deliveries(ids),
      ]);
      const order = new Map(keys.map((key, index) => [key.deliveryId, index]));
      fed.sort((a, b) => (order.get(a.delivery.id) ?? 0) - (order.get(b.delivery.id) ?? 0));
      deps.onItems([...fed.flatMap(attemptItems), ...changed.map(deliveryItem)]);
      if (skipped > 0) deps.onText(skippedEvent(skipped));
      skipped = 0;
    }
  }

  return {
    get isStarted() {
      return listener !== undefined;
    },
    start() {
      heardAtMs = now();
      listener = deps.listen({
        onChange: receive,
        onGap: () => deps.onGap(heardAtMs - HEARD_SLACK_MS),
      });
    },
    beat() {
      if (listener?.isListening) heardAtMs = now();
    },
    async stop() {
      const closing = listener?.close();
      listener = undefined;
      await closing;
    },
    async drained() {
      await handingOn;
    },
  };
}
