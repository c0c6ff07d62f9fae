import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createLogger } from '../../src/base/logger.ts';
import { admit, dispose, letGo } from '../../src/engine/deliver-job.ts';
import { createInFlight } from '../../src/engine/in-flight.ts';
import { createJob, isUnfinished, type Engine, type Job } from '../../src/engine/job.ts';
import { compileFilter, parseFilter } from '../../src/matching/filter.ts';
import type { QueuedDelivery } from '../../src/queue/queued-delivery.ts';
import { createLanes } from '../../src/subscription-health/lanes.ts';
import type { KnownSubscription } from '../../src/subscriptions/subscription.ts';
import { createCustody } from '../../src/workers/custody.ts';

/*
 * A job over plain values: what its deliveries are, what their receiver answers and what the queue
 * is told are lists and promises of the test.
 */

const delivery = (id: string, fields: Partial<QueuedDelivery> = {}): QueuedDelivery => ({
  id,
  tenant: 'default',
  eventId: `of ${id}`,
  subscriptionId: 'subscription',
  subscriptionVersion: 1,
  attemptCount: 0,
  attemptBase: 0,
  eventType: 'a',
  isNextInOrder: true,
  ...fields,
});

const subscription = (fields: Partial<KnownSubscription> = {}): KnownSubscription => ({
  id: 'subscription',
  tenant: 'default',
  version: 1,
  status: 'active',
  targetUrl: 'https://example.com/hook',
  shownTargetUrl: 'https://example.com/hook',
  eventTypes: null,
  filter: null,
  headers: {},
  signatureSchemes: [],
  secrets: [],
  ingestSignature: 'off',
  timeoutMs: null,
  retrySchedule: null,
  rateLimit: null,
  maxConcurrency: null,
  ...fields,
});

/** An engine whose attempts last until they are answered, and which notes what it is told. */
function open({ known = subscription(), isClosed = false, places = 10 } = {}) {
  let current: KnownSubscription | undefined = known;
  const sent: { id: string; answer(): void; fail(error: Error): void }[] = [];
  const told: unknown[] = [];
  const custody = createCustody({ forget: () => undefined });
  const engine: Engine = {
    queue: {
      load: async () => ({ deliveries: [], contents: new Map() }),
      loadContent: async () => undefined,
      findRetried: async () => new Set(),
      lease: async (leases) =>
        void told.push(...leases.map((lease) => ['lease', lease.deliveryId, lease.leaseMs])),
      park: async (parked) => void told.push(...parked.map(({ id, reason }) => [id, reason])),
      end: async (ended) => void told.push(...ended.map((one) => [one.id, one.status, one.reason])),
    },
    directory: { peek: () => current, get: async () => current },
    attempts: {
      async send(ready, to) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        sent.push({ id: ready.id, answer: resolve, fail: reject });
        await promise;
        return {
          delivery: ready,
          subscription: to,
          outcome: {
            kind: 'responded',
            statusCode: 200,
            headers: {},
            body: '',
            isBodyTruncated: false,
            durationMs: 1,
            sends: 1,
          },
          record: null,
          signal: { kind: 'healthy' },
        };
      },
      conclude: async (attempt) => {
        told.push([attempt.delivery.id, 'recorded']);
        return true;
      },
    },
    lanes: createLanes({
      maxInFlight: places,
      maxPerSubscription: 10,
      workerCount: () => 1,
      now: () => performance.now(),
    }),
    logger: createLogger({ logLevel: 'silent' }),
    defaultTimeoutMs: 10_000,
    inFlight: createInFlight(),
    isClosed: () => isClosed,
    onLeft: () => undefined,
    onMoved: ({ id }, status, reason) => void told.push(['moved', id, status, reason]),
  };
  return {
    engine,
    custody,
    sent,
    told,
    change: (next: KnownSubscription | undefined) => (current = next),
    begin(deliveries: readonly QueuedDelivery[]) {
      return createJob({
        earlier: engine.inFlight.among(deliveries.map(({ id }) => id)),
        visit: engine.lanes.visit(),
        custody: custody.enter(),
        items: deliveries.map((one) => ({
          delivery: one,
          subscription: current,
          content: { payload: '{"n": 1}', headers: null },
        })),
      });
    },
  };
}

const statesOf = ({ items }: Job) => [...items.values()].map(({ state }) => state.kind);

t.test('an item waits for its place, is sent and is done', async (t) => {
  const { engine, begin, sent, told } = open();
  const job = begin([delivery('a')]);
  t.strictSame(statesOf(job), ['loaded']);
  await admit(engine, job);
  t.strictSame(statesOf(job), ['waiting']);
  await nextTurn();
  t.strictSame(statesOf(job), ['sending']);
  t.equal(engine.inFlight.size, 1);
  sent[0]?.answer();
  await job.wait.end();
  t.strictSame(statesOf(job), ['done']);
  t.notOk(isUnfinished(job));
  await dispose(engine, job);
  t.strictSame(told, [['a', 'recorded']]);
  t.equal(engine.inFlight.size, 0);
});

t.test('what must not be sent is refused, and parked or ended with the reason', async (t) => {
  for (const [refused, expected] of [
    [{ known: subscription({ status: 'disabled' }) }, ['a', 'discarded', 'subscription_disabled']],
    [{ known: subscription({ status: 'paused' }) }, ['a', 'subscription_paused']],
    [{ isClosed: true }, ['a', 'loopback_closed']],
  ] as const) {
    const { engine, begin, sent, told } = open(refused);
    const job = begin([delivery('a')]);
    await admit(engine, job);
    t.strictSame(statesOf(job), ['refused']);
    await job.wait.end();
    await dispose(engine, job);
    t.strictSame(told[0], expected);
    t.match(told[1], ['moved', 'a'], 'whoever watches is told');
    t.strictSame(sent, []);
  }
});

t.test('a delivery of a subscription that is gone is cancelled', async (t) => {
  const { engine, begin, change, told } = open();
  change(undefined);
  const job = begin([delivery('a', { subscriptionVersion: null })]);
  await admit(engine, job);
  await dispose(engine, job);
  t.strictSame(told[0], ['a', 'cancelled', 'subscription_deleted']);
});

t.test('what is not next in order waits for its turn, and others go', async (t) => {
  const { engine, begin, sent, told } = open();
  const job = begin([delivery('a', { isNextInOrder: false }), delivery('b')]);
  await admit(engine, job);
  await nextTurn();
  t.strictSame(statesOf(job), ['refused', 'sending']);
  sent[0]?.answer();
  await job.wait.end();
  await dispose(engine, job);
  t.strictSame(told, [
    ['b', 'recorded'],
    ['a', 'awaiting_order'],
    ['moved', 'a', 'pending', 'awaiting_order'],
  ]);
});

t.test('what does not pass the filter ends, unless an attempt has been made', async (t) => {
  const filter = compileFilter(parseFilter({ payload: { n: 2 } }));
  const { engine, begin, sent, told } = open({ known: subscription({ filter }) });
  const job = begin([delivery('a'), delivery('b', { attemptCount: 1 })]);
  await admit(engine, job);
  await nextTurn();
  t.strictSame(statesOf(job), ['refused', 'sending']);
  t.strictSame(
    sent.map(({ id }) => id),
    ['b'],
  );
  await dispose(engine, job);
  t.strictSame(told[0], ['a', 'discarded', 'filtered']);
});

t.test('what changed while a place was waited for is looked at again', async (t) => {
  const { engine, begin, sent, change, told } = open({ places: 1 });
  const job = begin([delivery('a'), delivery('b')]);
  await admit(engine, job);
  await nextTurn();
  t.strictSame(statesOf(job), ['sending', 'waiting']);
  change(subscription({ version: 2, status: 'paused' }));
  sent[0]?.answer();
  await job.wait.end();
  t.strictSame(statesOf(job), ['done', 'done']);
  await dispose(engine, job);
  t.strictSame(sent.length, 1);
  t.strictSame(told[1], ['b', 'subscription_paused']);
});

t.test('a job lets go: what is being sent is leased, what waits is parked', async (t) => {
  const { engine, begin, sent, told } = open({
    places: 1,
    known: subscription({ timeoutMs: 3_000 }),
  });
  const job = begin([delivery('a'), delivery('b')]);
  await admit(engine, job);
  await nextTurn();
  t.ok(isUnfinished(job));
  await letGo(engine, job);
  t.strictSame(statesOf(job), ['leased', 'done']);
  await dispose(engine, job);
  t.strictSame(told, [
    ['lease', 'a', 8_000],
    ['b', 'saturated'],
    ['moved', 'b', 'pending', 'saturated'],
  ]);
  t.equal(engine.inFlight.size, 1, 'it goes on');
  sent[0]?.answer();
  await Promise.all(engine.inFlight.works());
  t.strictSame(statesOf(job), ['done', 'done']);
});

t.test('a job that comes again waits for what it began, and sends it no second time', async (t) => {
  const { engine, begin, sent } = open();
  const first = begin([delivery('a')]);
  await admit(engine, first);
  await nextTurn();
  const again = begin([delivery('a')]);
  await admit(engine, again);
  t.strictSame(statesOf(again), ['sending']);
  sent[0]?.answer();
  await again.wait.end();
  t.strictSame([sent.length, statesOf(again)], [1, ['done']]);
});

t.test('what ended while a job was loading is not sent by it', async (t) => {
  const { engine, begin, sent } = open();
  const first = begin([delivery('a')]);
  await admit(engine, first);
  await nextTurn();
  const again = begin([delivery('a')]);
  sent[0]?.answer();
  await first.wait.end();
  t.equal(engine.inFlight.size, 0);
  await admit(engine, again);
  await again.wait.end();
  t.strictSame([sent.length, statesOf(again)], [1, ['done']]);
});

t.test('what is withheld is put aside until it has been decided on', async (t) => {
  const { engine, custody, begin, sent, told } = open();
  const job = begin([delivery('a')]);
  t.notOk(custody.withhold('a'));
  await admit(engine, job);
  await job.wait.end();
  await dispose(engine, job);
  t.strictSame([sent.length, told[0]], [0, ['a', 'released']]);
});

t.test('an attempt that cannot be recorded fails its job, and keeps no place', async (t) => {
  const { engine, begin, sent } = open();
  const job = begin([delivery('a')]);
  await admit(engine, job);
  await nextTurn();
  sent[0]?.fail(new Error('no database'));
  await t.rejects(job.wait.end(), { message: 'no database' });
  t.equal(engine.inFlight.size, 0);
});
