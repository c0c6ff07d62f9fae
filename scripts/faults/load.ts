import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { createLedger, type Entry, type Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { Arrival, Behaviour } from './receiver.ts';
import type { Stage } from './stage.ts';

/** Clients that publish at an even rate, and each again and again until it is accepted. */
export type Load = {
  readonly startedAt: Date;
  readonly ledger: Ledger;
  readonly arrivals: ReadonlyMap<number, readonly Arrival[]>;
  /** Publishes one steady event now, to one API alone; resolves with its entry or gives up. */
  probe(origin: string, timeoutMs: number): Promise<Entry>;
  /** Resolves when every client has been answered 202, or has given up. */
  stop(): Promise<void>;
};

const TICK_MS = 20;
const REQUEST_TIMEOUT_MS = 10_000;
const GIVE_UP_AFTER_MS = 60_000;
const AGAIN_AFTER_MS = 100;
/** Clients at once; beyond it the rate gives way. */
const MAX_CLIENTS = 1_500;

/** Of ten events: plain ones, through both publishing endpoints, some that fail at first, one that is slow. */
const MIX: readonly { behaviour: Behaviour; isIngest: boolean }[] = [
  ...Array.from({ length: 4 }, () => ({ behaviour: 'steady' as const, isIngest: false })),
  ...Array.from({ length: 3 }, () => ({ behaviour: 'steady' as const, isIngest: true })),
  ...Array.from({ length: 2 }, () => ({ behaviour: 'flaky' as const, isIngest: false })),
  { behaviour: 'slow', isIngest: false },
];

export type LoadOptions = {
  readonly stage: Stage;
  readonly random: Random;
  readonly perSecond: number;
  /** Bytes added to each payload. */
  readonly paddingBytes?: number;
};

export function startLoad({ stage, random, perSecond, paddingBytes = 200 }: LoadOptions): Load {
  const ledger = createLedger();
  const arrivals = stage.receiver.reset();
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 10_000 });
  const padding = 'x'.repeat(paddingBytes);
  const clients = new Set<Promise<void>>();
  const startedAt = new Date();
  let isStopped = false;
  let turn = 0;

  function nextOrigin(): string {
    turn += 1;
    return (stage.apis[turn % stage.apis.length] as Stage['apis'][number]).origin;
  }

  async function ask(origin: string, entry: Entry, isIngest: boolean): Promise<boolean> {
    const sentAtMs = performance.now();
    const payload = `{"seq":${entry.seq},"padding":"${padding}"}`;
    const note = (status: number, hasRetryAfter: boolean): void => {
      const atMs = performance.now();
      ledger.note({ atMs, latencyMs: atMs - sentAtMs, status, hasRetryAfter });
    };
    try {
      const response = await request(
        isIngest ? `${origin}/ingest/${stage.subscriptions[entry.behaviour]}` : `${origin}/events`,
        {
          method: 'POST',
          dispatcher: agent,
          headersTimeout: REQUEST_TIMEOUT_MS,
          bodyTimeout: REQUEST_TIMEOUT_MS,
          headers: {
            'content-type': 'application/json',
            'idempotency-key': `faults-${process.pid}-${entry.seq}`,
            ...(isIngest && { 'x-event-type': `faults.${entry.behaviour}` }),
          },
          body: isIngest
            ? payload
            : `{"event_type":"faults.${entry.behaviour}","payload":${payload}}`,
        },
      );
      const body = (await response.body.json()) as { id?: string; event_id?: string };
      note(response.statusCode, response.headers['retry-after'] !== undefined);
      if (response.statusCode !== 202) return false;
      entry.eventIds.add(body.id ?? body.event_id ?? '');
      entry.acceptedAtMs ??= performance.now();
      return true;
    } catch {
      note(0, false);
      return false;
    }
  }

  async function publish(entry: Entry, isIngest: boolean, origin: () => string, forMs: number) {
    const giveUpAtMs = performance.now() + forMs;
    while (!(await ask(origin(), entry, isIngest))) {
      if (performance.now() > giveUpAtMs) return;
      await delay(AGAIN_AFTER_MS);
    }
  }

  let owed = 0;
  let tickedAtMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    owed = Math.min(owed + ((nowMs - tickedAtMs) / 1_000) * perSecond, perSecond);
    tickedAtMs = nowMs;
    for (; owed >= 1; owed -= 1) {
      if (clients.size >= MAX_CLIENTS) continue;
      const { behaviour, isIngest } = random.pick(MIX);
      const client: Promise<void> = publish(
        ledger.open(behaviour),
        isIngest,
        nextOrigin,
        GIVE_UP_AFTER_MS,
      ).finally(() => clients.delete(client));
      clients.add(client);
    }
  }, TICK_MS);

  return {
    startedAt,
    ledger,
    arrivals,
    async probe(origin, timeoutMs) {
      const entry = ledger.open('steady');
      await publish(entry, false, () => origin, timeoutMs);
      return entry;
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      clearInterval(timer);
      await Promise.all(clients);
      await agent.destroy();
    },
  };
}
