import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createLanes, type Admission } from '../../src/subscription-health/lanes.ts';
import type { KnownSubscription } from '../../src/subscriptions/subscription.ts';

function subscriptionOf(id: string, limits: Partial<KnownSubscription> = {}): KnownSubscription {
  return {
    id,
    tenant: 'default',
    version: 1,
    status: 'active',
    targetUrl: 'https://receiver.example/',
    shownTargetUrl: 'https://receiver.example/',
    eventTypes: null,
    headers: {},
    signatureSchemes: [],
    secrets: [],
    ingestSignature: 'off',
    filter: null,
    timeoutMs: null,
    retrySchedule: null,
    rateLimit: null,
    maxConcurrency: null,
    ...limits,
  };
}

function open(options: { maxInFlight?: number; workers?: number } = {}) {
  const clock = { nowMs: 0, workers: options.workers ?? 1 };
  const lanes = createLanes({
    maxInFlight: options.maxInFlight ?? 100,
    maxPerSubscription: 50,
    workerCount: () => clock.workers,
    now: () => clock.nowMs,
  });
  return { lanes, clock };
}

type Started = Extract<Admission, { kind: 'started' }>;

/** What has been admitted or parked so far, without waiting for the rest. */
async function settledOf(admissions: readonly Promise<Admission>[]): Promise<Admission[]> {
  const settled: Admission[] = [];
  for (const admission of admissions) void admission.then((one) => settled.push(one));
  await nextTurn();
  return settled;
}

t.test('attempts start while there are places', async (t) => {
  const { lanes } = open();
  const visit = lanes.visit();
  const first = await visit.enter(subscriptionOf('a'));
  t.equal(first.kind, 'started');
  t.equal(lanes.inFlight, 1);
  (first as Started).finish({ kind: 'healthy' });
  t.equal(lanes.inFlight, 0);
});

t.test('a delivery waits where places become free quickly', async (t) => {
  const { lanes } = open();
  const a = subscriptionOf('a', { maxConcurrency: 1 });
  const visit = lanes.visit();
  const first = (await visit.enter(a)) as Started;
  const second = Promise.resolve(visit.enter(a));
  t.strictSame(await settledOf([second]), []);
  first.finish({ kind: 'healthy' });
  t.equal((await second).kind, 'started');
});

t.test('a delivery is parked at once where they do not', async (t) => {
  const { lanes, clock } = open();
  const a = subscriptionOf('a', { maxConcurrency: 1 });
  const visit = lanes.visit();
  await visit.enter(a);
  clock.nowMs = 200;
  t.match(await visit.enter(a), { kind: 'parked', reason: 'saturated' });
});

t.test('a visit that leaves parks whatever of it still waits, and nothing of others', async (t) => {
  const { lanes } = open();
  const a = subscriptionOf('a', { maxConcurrency: 1 });
  const [mine, other] = [lanes.visit(), lanes.visit()];
  const first = (await mine.enter(a)) as Started;
  const waiting = [Promise.resolve(mine.enter(a)), Promise.resolve(mine.enter(a))];
  const others = Promise.resolve(other.enter(a));
  await nextTurn();
  mine.leave();
  for (const one of waiting) t.match(await one, { kind: 'parked', reason: 'saturated' });
  t.strictSame(await settledOf([others]), []);
  first.finish({ kind: 'healthy' });
  t.equal((await others).kind, 'started');
});

t.test('who comes to a visit that has left is parked rather than kept waiting', async (t) => {
  const { lanes } = open();
  const a = subscriptionOf('a', { maxConcurrency: 1 });
  const visit = lanes.visit();
  await visit.enter(a);
  visit.leave();
  t.match(
    await settledOf([
      Promise.resolve(visit.enter(a)),
      Promise.resolve(visit.enter(subscriptionOf('b'))),
    ]),
    [
      { kind: 'parked', reason: 'saturated' },
      { kind: 'parked', reason: 'saturated' },
    ],
  );
  t.equal(lanes.inFlight, 1);
});

t.test('when the process is full, lanes take turns', async (t) => {
  const { lanes } = open({ maxInFlight: 2 });
  const [flooding, quiet] = [subscriptionOf('flooding'), subscriptionOf('quiet')];
  const visit = lanes.visit();
  const started = [await visit.enter(flooding), await visit.enter(flooding)] as Started[];
  const flood = Array.from({ length: 20 }, () => Promise.resolve(visit.enter(flooding)));
  const drop = Promise.resolve(visit.enter(quiet));
  await nextTurn();
  started[0]?.finish({ kind: 'healthy' });
  started[1]?.finish({ kind: 'healthy' });
  t.equal((await drop).kind, 'started', 'the quiet one is served second, not twenty-first');
  t.equal((await settledOf(flood)).length, 1);
});

t.test('when a breaker opens, those who wait for it are parked', async (t) => {
  const { lanes } = open();
  const a = subscriptionOf('a', { maxConcurrency: 10 });
  const visit = lanes.visit();
  const started: Started[] = [];
  for (let n = 0; n < 10; n += 1) started.push((await visit.enter(a)) as Started);
  const waiting = Promise.resolve(visit.enter(a));
  await nextTurn();
  for (const one of started) one.finish({ kind: 'broken' });
  const late = (await waiting) as Started;
  t.equal(late.kind, 'started', 'the first place that came free was its own');
  t.match(await visit.enter(a), { kind: 'parked', reason: 'breaker_open' });
});

t.test('an overloaded receiver of one subscription leaves the others alone', async (t) => {
  const { lanes } = open();
  const visit = lanes.visit();
  const one = (await visit.enter(subscriptionOf('a'))) as Started;
  one.finish({ kind: 'overloaded', retryAfterMs: 60_000 });
  t.match(await visit.enter(subscriptionOf('a')), {
    kind: 'parked',
    reason: 'rate_limited',
    waitMs: 60_000,
  });
  t.equal((await visit.enter(subscriptionOf('b'))).kind, 'started');
});

t.test("workers share a subscription's limits", async (t) => {
  const { lanes, clock } = open({ workers: 4 });
  const a = subscriptionOf('a', { maxConcurrency: 8 });
  const visit = lanes.visit();
  const [first, second] = [await visit.enter(a), await visit.enter(a)] as Started[];
  t.equal(second?.kind, 'started');
  clock.nowMs = 200;
  t.match(await visit.enter(a), { kind: 'parked', reason: 'saturated' });
  clock.workers = 1;
  first?.finish({ kind: 'healthy' });
  t.equal((await visit.enter(a)).kind, 'started');
  second?.finish({ kind: 'healthy' });
  for (let n = 0; n < 2; n += 1) {
    const { kind } = await visit.enter(a);
    t.equal(kind, 'started', 'the share of those that are gone is taken over');
  }
});

t.test('a limit lower than the number of workers still lets each of them deliver', async (t) => {
  const { lanes, clock } = open({ workers: 3 });
  const a = subscriptionOf('a', { maxConcurrency: 1, rateLimit: 1 });
  const visit = lanes.visit();
  const first = (await visit.enter(a)) as Started;
  t.equal(first.kind, 'started');
  first.finish({ kind: 'healthy' });
  t.match(await visit.enter(a), { kind: 'parked', reason: 'rate_limited' });
  clock.nowMs = 3_000;
  t.equal((await visit.enter(a)).kind, 'started');
});

t.test('appetite says how many to bring back, or how long to wait', async (t) => {
  const { lanes } = open();
  const a = subscriptionOf('a', { maxConcurrency: 5 });
  t.strictSame(lanes.appetite(a), { count: 5, waitMs: 250 });
  const visit = lanes.visit();
  ((await visit.enter(a)) as Started).finish({ kind: 'overloaded', retryAfterMs: 9_000 });
  t.strictSame(lanes.appetite(a), { count: 0, waitMs: 9_000 });
});

t.test('states are told once, those in trouble first', async (t) => {
  const { lanes, clock } = open();
  const visit = lanes.visit();
  for (const id of ['a', 'b', 'c'])
    ((await visit.enter(subscriptionOf(id))) as Started).finish({
      kind: 'healthy',
    });
  for (let n = 0; n < 10; n += 1) {
    ((await visit.enter(subscriptionOf('down'))) as Started).finish({ kind: 'broken' });
  }
  const states = lanes.takeStates(2);
  t.equal(states.length, 2);
  t.match(states[0], {
    subscriptionId: 'down',
    state: { breaker: 'open', inFlight: 0, resumeInMs: 5_000 },
  });
  clock.nowMs = 1_000;
  t.strictSame(
    lanes.takeStates(10).map(({ subscriptionId }) => subscriptionId),
    ['down'],
  );
});

t.test('slow receivers together get half of the places', async (t) => {
  let nowMs = 0;
  const lanes = createLanes({
    maxInFlight: 8,
    maxPerSubscription: 8,
    workerCount: () => 1,
    now: () => nowMs,
  });
  const visit = lanes.visit();
  const slow = subscriptionOf('slow');
  const first = (await visit.enter(slow)) as Started;
  nowMs = 300;
  const more = [
    await visit.enter(slow),
    await visit.enter(slow),
    await visit.enter(slow),
    await visit.enter(slow),
  ];
  t.match(more, [{ kind: 'started', isSlow: true }, {}, {}, { kind: 'started' }]);
  t.match(await visit.enter(slow), { kind: 'parked', reason: 'saturated' });
  t.equal(lanes.appetite(slow).count, 0);
  t.match(await visit.enter(subscriptionOf('quick')), { kind: 'started', isSlow: false });
  t.equal(first.kind, 'started');
});

t.test('who only seemed slow gets places while the slow hold all of theirs', async (t) => {
  let nowMs = 0;
  const lanes = createLanes({
    maxInFlight: 16,
    maxPerSubscription: 16,
    workerCount: () => 1,
    now: () => nowMs,
  });
  const visit = lanes.visit();
  const [slow, steady] = [subscriptionOf('slow'), subscriptionOf('steady')];
  await visit.enter(slow);
  const held = (await visit.enter(steady)) as Started;
  // Everything stands still for a while: to the clock, both took long.
  nowMs = 4_000;
  for (let place = 0; place < 8; place += 1) await visit.enter(slow);
  held.finish({ kind: 'healthy' });
  t.match(await visit.enter(slow), { kind: 'parked', reason: 'saturated' });
  t.match(await visit.enter(steady), { kind: 'started', isSlow: true });
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const admission = (await visit.enter(steady)) as Started;
    nowMs += 5;
    admission.finish({ kind: 'healthy' });
  }
  t.match(await visit.enter(steady), { kind: 'started', isSlow: false });
});
