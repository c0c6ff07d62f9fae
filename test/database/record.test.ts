import t from 'tap';
import { recordAttempts } from '../../src/attempts/attempt-recorder.repository.ts';
import {
  endDeliveries,
  leaseDeliveries,
  loadQueuedDeliveries,
  parkDeliveries,
} from '../../src/queue/delivery-queue.repository.ts';
import { endWaiting } from '../../src/queue/end-waiting.ts';
import { planMissingDrains, releaseParked } from '../../src/queue/drains.ts';
import { promoteDue } from '../../src/queue/promote.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { attemptOf, EXHAUSTED, requestOf, retryIn, useStorage } from '../helpers/storage.ts';

const { pool } = await createTestDatabase(t);
const { addSubscription, acceptAll, accept, delivery, jobs, queued, clearJobs, register } =
  useStorage(pool);
const WORKER = 'worker-1';
await register(WORKER);
t.beforeEach(async () => void (await clearJobs()));

/** A subscription with that many queued deliveries, oldest first; their jobs are gone. */
async function queue(count = 1, status: 'active' | 'paused' = 'active') {
  const subscriptionId = await addSubscription({ tenant: `t${Math.random()}`, status });
  const { rows } = await pool.query('select tenant from posthorn.subscriptions where id = $1', [
    subscriptionId,
  ]);
  const { tenant } = rows[0];
  const answers = await acceptAll(Array.from({ length: count }, () => requestOf({ tenant })));
  await clearJobs();
  const ids = answers.map(([answer]) => answer?.deliveryId as string);
  return { subscriptionId, tenant, ids, id: ids[0] as string };
}

const record = (...records: Parameters<typeof recordAttempts>[2][number][]) =>
  recordAttempts(pool, WORKER, records);
const attemptsOf = async (id: string) =>
  (
    await pool.query(
      'select attempt_number, outcome, status_code from posthorn.attempts where delivery_id = $1 order by attempt_number',
      [id],
    )
  ).rows;
const failuresOf = async (subscriptionId: string) =>
  (
    await pool.query(
      'select failures::int from posthorn.subscription_failures where subscription_id = $1',
      [subscriptionId],
    )
  ).rows;
const makeDue = (...ids: string[]) =>
  pool.query(
    `update posthorn.deliveries set next_attempt_at = now() - interval '1 second' where id = any ($1)`,
    [ids],
  );

t.test('a success ends its delivery', async (t) => {
  const { id, subscriptionId, tenant } = await queue();
  t.strictSame(await record(attemptOf(id, { statusCode: 204 })), new Set([id]));
  t.match(await delivery(id), {
    status: 'delivered',
    reason: null,
    attempt_count: 1,
    next_attempt_at: null,
    completed_at: Date,
  });
  const { rows } = await pool.query('select * from posthorn.attempts where delivery_id = $1', [id]);
  t.match(rows, [
    {
      delivery_id: id,
      attempt_number: 1,
      tenant,
      subscription_id: subscriptionId,
      outcome: 'success',
      status_code: 204,
      duration_ms: 12,
      error_kind: null,
      error_message: null,
      response_headers: { 'content-type': 'text/plain' },
      response_body: 'ok',
      note: null,
      sends: 1,
      target_url: 'https://receiver.example/',
    },
  ]);
  t.ok(Math.abs(Date.now() - rows[0].started_at.getTime()) < 5_000);
});

t.test('a fault of our own takes nothing from the schedule and is no failure', async (t) => {
  const { id, subscriptionId } = await queue();
  const error = { kind: 'internal', message: 'no file descriptor is left' };
  const verdict = retryIn(10_000);
  await record(attemptOf(id, { statusCode: null, error, sends: 0, verdict }));
  t.match(await delivery(id), { status: 'pending', attempt_count: 1 });
  const { rows } = await pool.query('select attempt_base from posthorn.deliveries where id = $1', [
    id,
  ]);
  t.strictSame(rows, [{ attempt_base: 1 }]);
  t.strictSame(await failuresOf(subscriptionId), []);
});

t.test(
  'a failure with a wait is put on the row, and a job is planned for its bucket',
  async (t) => {
    const { id } = await queue();
    await record(attemptOf(id, { statusCode: 500, verdict: retryIn(10_000) }));
    const { next_attempt_at: nextAttemptAt, ...rest } = await delivery(id);
    t.match(rest, {
      status: 'pending',
      reason: 'retry_scheduled',
      attempt_count: 1,
      completed_at: null,
    });
    const [job, ...others] = await jobs('promote');
    t.strictSame(others, []);
    const lateMs = job!.run_at.getTime() - nextAttemptAt!.getTime();
    t.ok(lateMs > 0 && lateMs <= 1_000, `${lateMs} ms after it is due`);
  },
);

t.test('any number of waiting retries shares the jobs of their buckets', async (t) => {
  const { ids } = await queue(100);
  const hourMs = 3_600_000;
  await record(...ids.map((id, n) => attemptOf(id, { verdict: retryIn(2 * hourMs + n * 100) })));
  t.ok((await jobs('promote')).length <= 2, 'ten seconds far away are one minute or two');
  const promotions = await jobs('promote');
  t.equal(new Set(promotions.map(({ key }) => key)).size, promotions.length);
});

t.test('a last failure ends its delivery', async (t) => {
  const { id } = await queue();
  await record(attemptOf(id, { statusCode: 500, verdict: EXHAUSTED }));
  t.match(await delivery(id), {
    status: 'failed',
    reason: 'exhausted',
    completed_at: Date,
    next_attempt_at: null,
  });
  t.strictSame(await jobs('promote'), []);
});

t.test('an attempt is recorded once, and only on top of the one before it', async (t) => {
  const { id } = await queue();
  const early = await record(attemptOf(id, { attemptNumber: 2 }));
  t.equal(early.size, 0, 'its predecessor is missing');
  t.equal((await record(attemptOf(id, { statusCode: 500, verdict: retryIn(1_000) }))).size, 1);
  t.equal((await record(attemptOf(id))).size, 0, 'a job that ran twice');
  t.equal((await record(attemptOf(id, { attemptNumber: 2 }))).size, 1);
  t.equal((await record(attemptOf(id, { attemptNumber: 3 }))).size, 0, 'it is delivered already');
  t.strictSame(await attemptsOf(id), [
    { attempt_number: 1, outcome: 'failed_attempt', status_code: 500 },
    { attempt_number: 2, outcome: 'success', status_code: 200 },
  ]);
});

t.test('of one attempt recorded by many at once, one record is taken', async (t) => {
  const { id } = await queue();
  const taken = await Promise.all(Array.from({ length: 10 }, () => record(attemptOf(id))));
  t.equal(taken.filter((ids) => ids.size === 1).length, 1);
  t.equal((await attemptsOf(id)).length, 1);
});

t.test('one attempt that comes twice in a batch is recorded once', async (t) => {
  const { id } = await queue();
  await record(attemptOf(id), attemptOf(id));
  t.equal((await attemptsOf(id)).length, 1);
});

t.test(
  'a worker that is not on the register records, leases, parks and ends nothing, and is told',
  async (t) => {
    const { id } = await queue();
    const unregistered = { code: 'PH001' };
    await t.rejects(recordAttempts(pool, 'declared dead', [attemptOf(id)]), unregistered);
    await t.rejects(
      leaseDeliveries(pool, 'declared dead', [{ deliveryId: id, attemptCount: 0, leaseMs: 1_000 }]),
      unregistered,
    );
    await t.rejects(
      parkDeliveries(pool, 'declared dead', [{ id, reason: 'saturated', waitMs: 0 }]),
      unregistered,
    );
    await t.rejects(
      endDeliveries(pool, 'declared dead', [
        { id, status: 'discarded', reason: 'subscription_disabled' },
      ]),
      unregistered,
    );
    t.match(await delivery(id), {
      status: 'pending',
      attempt_count: 0,
      leased_by: null,
      parked: false,
    });
    t.equal(
      (await recordAttempts(pool, null, [attemptOf(id)])).size,
      1,
      'nobody in particular may',
    );
  },
);

t.test('an attempt of what was called off meanwhile is logged, and no other follows', async (t) => {
  const { ids } = await queue(2);
  const [succeeded, failed] = ids as [string, string];
  await endDeliveries(
    pool,
    null,
    ids.map((id) => ({ id, status: 'cancelled', reason: 'cancelled_by_request' })),
  );
  const records = [
    attemptOf(succeeded),
    attemptOf(failed, { statusCode: 500, verdict: retryIn(1_000) }),
  ];
  t.equal((await record(...records)).size, 2);
  t.equal((await record(...records)).size, 0, 'once');
  t.match(
    await delivery(succeeded),
    {
      status: 'delivered',
      reason: null,
      attempt_count: 1,
      completed_at: Date,
    },
    'what has arrived has arrived',
  );
  t.match(await delivery(failed), {
    status: 'cancelled',
    reason: 'cancelled_by_request',
    attempt_count: 1,
    next_attempt_at: null,
    completed_at: Date,
  });
  t.match(await attemptsOf(succeeded), [{ outcome: 'success', status_code: 200 }]);
  t.match(await attemptsOf(failed), [{ outcome: 'failed_attempt', status_code: 500 }]);
  t.strictSame(await jobs('promote'), []);
});

t.test('a retry has nothing to wait for when its subscription is gone or disabled', async (t) => {
  const [deleted, disabled] = [await queue(), await queue()];
  await pool.query('delete from posthorn.subscriptions where id = $1', [deleted.subscriptionId]);
  await pool.query(
    `update posthorn.subscriptions set status = 'disabled', disabled_reason = 'x' where id = $1`,
    [disabled.subscriptionId],
  );
  await record(
    ...[deleted, disabled].map(({ id }) =>
      attemptOf(id, {
        statusCode: 500,
        verdict: retryIn(60_000),
      }),
    ),
  );
  t.match(await delivery(deleted.id), {
    status: 'cancelled',
    reason: 'subscription_deleted',
    attempt_count: 1,
    next_attempt_at: null,
  });
  t.match(await delivery(disabled.id), {
    status: 'discarded',
    reason: 'subscription_disabled',
    attempt_count: 1,
    next_attempt_at: null,
  });
});

t.test('failures are counted until a success', async (t) => {
  const {
    ids: [first, second, third],
    subscriptionId,
  } = await queue(3);
  await record(
    attemptOf(first!, { verdict: retryIn(1_000) }),
    attemptOf(second!, { verdict: EXHAUSTED }),
  );
  t.strictSame(await failuresOf(subscriptionId), [{ failures: 2 }]);
  await record(attemptOf(first!, { attemptNumber: 2, verdict: EXHAUSTED }), attemptOf(third!));
  t.strictSame(await failuresOf(subscriptionId), []);
});

t.test('a lease keeps others away until it is over', async (t) => {
  const { id } = await queue();
  await leaseDeliveries(pool, WORKER, [{ deliveryId: id, attemptCount: 0, leaseMs: 60_000 }]);
  t.match(await delivery(id), {
    status: 'delivering',
    reason: 'in_flight',
    leased_by: WORKER,
    next_attempt_at: Date,
  });
  t.strictSame(await loadQueuedDeliveries(pool, [id], null), []);
  t.equal((await jobs('promote')).length, 1);
  t.equal(await promoteDue(pool, 10), 0);
  await makeDue(id);
  t.equal(await promoteDue(pool, 10), 1);
  t.match(await delivery(id), { status: 'pending', leased_by: null, next_attempt_at: null });
  t.strictSame(await queued(), [id]);
});

t.test('who holds a lease records under it', async (t) => {
  const { id } = await queue();
  await leaseDeliveries(pool, WORKER, [{ deliveryId: id, attemptCount: 0, leaseMs: 60_000 }]);
  t.equal((await record(attemptOf(id))).size, 1);
  t.match(await delivery(id), { status: 'delivered', leased_by: null, next_attempt_at: null });
});

t.test('a lease comes too late for an attempt that is recorded', async (t) => {
  const { id } = await queue();
  await record(attemptOf(id, { verdict: retryIn(60_000) }));
  await leaseDeliveries(pool, WORKER, [{ deliveryId: id, attemptCount: 0, leaseMs: 1_000 }]);
  t.match(await delivery(id), { status: 'pending', reason: 'retry_scheduled', leased_by: null });
});

t.test('what is due is queued oldest first, at most as many as asked for', async (t) => {
  const { ids } = await queue(5);
  await record(...ids.map((id) => attemptOf(id, { verdict: retryIn(60_000) })));
  for (const [n, id] of ids.entries()) {
    await pool.query(
      `update posthorn.deliveries set next_attempt_at = now() - $2 * interval '1 second' where id = $1`,
      [id, 5 - n],
    );
  }
  t.equal(await promoteDue(pool, 3), 3);
  t.strictSame(await queued(), ids.slice(0, 3));
  t.equal(await promoteDue(pool, 3), 2);
  t.equal(await promoteDue(pool, 3), 0);
});

t.test('promotions at once queue each delivery once', async (t) => {
  const { ids } = await queue(50);
  await record(...ids.map((id) => attemptOf(id, { verdict: retryIn(60_000) })));
  await makeDue(...ids);
  const counts = await Promise.all(Array.from({ length: 6 }, () => promoteDue(pool, 20)));
  counts.push(await promoteDue(pool, 50));
  t.equal(
    counts.reduce((sum, count) => sum + count),
    50,
  );
  t.strictSame((await queued()).sort(), ids.toSorted());
});

t.test('what is parked is drained by one job per subscription', async (t) => {
  const [a, b] = [await queue(3), await queue(2)];
  const park = (ids: readonly string[], waitMs: number | null) =>
    parkDeliveries(
      pool,
      null,
      ids.map((id) => ({ id, reason: 'saturated', waitMs })),
    );
  await park([...a.ids.slice(0, 2), ...b.ids], 250);
  await park(a.ids.slice(2), 60_000);
  const drains = await jobs('drain');
  t.strictSame(
    drains.map(({ payload }) => payload.subscription_id).sort(),
    [a.subscriptionId, b.subscriptionId].sort(),
  );
  t.ok(
    drains.every(({ run_at: runAt }) => runAt.getTime() < Date.now() + 5_000),
    'the sooner one stands',
  );
  t.strictSame(await loadQueuedDeliveries(pool, a.ids, null), []);
  t.match(await delivery(a.id), { parked: true, reason: 'saturated', status: 'pending' });
});

t.test('what a paused subscription holds plans no drain', async (t) => {
  const { id } = await queue();
  await parkDeliveries(pool, null, [{ id, reason: 'subscription_paused', waitMs: null }]);
  t.strictSame(await jobs('drain'), []);
});

t.test('parking leaves alone what has moved on', async (t) => {
  const {
    ids: [done, leased],
  } = await queue(2);
  await record(attemptOf(done!));
  await leaseDeliveries(pool, WORKER, [{ deliveryId: leased!, attemptCount: 0, leaseMs: 60_000 }]);
  await parkDeliveries(
    pool,
    null,
    [done!, leased!].map((id) => ({ id, reason: 'saturated', waitMs: 1 })),
  );
  t.match(await delivery(done!), { status: 'delivered', parked: false });
  t.match(await delivery(leased!), { status: 'delivering', parked: false });
});

t.test('a retry that waits is not parked by a job that comes late', async (t) => {
  const { id } = await queue();
  await record(attemptOf(id, { verdict: retryIn(60_000) }));
  await parkDeliveries(pool, null, [{ id, reason: 'saturated', waitMs: 1 }]);
  t.match(await delivery(id), { parked: false, reason: 'retry_scheduled', next_attempt_at: Date });
});

t.test(
  'parked deliveries are released oldest first, and while there may be more a drain is planned',
  async (t) => {
    const { ids, subscriptionId } = await queue(5);
    await parkDeliveries(
      pool,
      null,
      ids.toReversed().map((id) => ({ id, reason: 'saturated', waitMs: null })),
    );
    const release = () => releaseParked(pool, { subscriptionId, limit: 3, nextDrainMs: 100 });
    t.equal(await release(), 3);
    t.strictSame(await queued(), ids.slice(0, 3));
    t.match(await delivery(ids[0]!), { parked: false, reason: 'released', status: 'pending' });
    t.equal((await jobs('drain')).length, 1);
    await clearJobs();
    t.equal(await release(), 2);
    t.strictSame(await queued(), ids.slice(3));
    t.equal((await jobs('drain')).length, 0);
  },
);

t.test('a lost drain is planned again, except for paused subscriptions', async (t) => {
  const [lost, paused] = [await queue(2), await queue(1, 'paused')];
  await parkDeliveries(
    pool,
    null,
    lost.ids.map((id) => ({ id, reason: 'saturated', waitMs: null })),
  );
  t.match(await delivery(paused.id), { parked: true });
  await planMissingDrains(pool);
  await planMissingDrains(pool);
  const drained = (await jobs('drain')).map(({ payload }) => payload.subscription_id);
  t.ok(drained.includes(lost.subscriptionId));
  t.notOk(drained.includes(paused.subscriptionId));
  t.equal(new Set(drained).size, drained.length);
});

t.test(
  'ending what waits takes what is parked or due later, not what is queued or leased',
  async (t) => {
    const { ids, subscriptionId } = await queue(4);
    const [isQueued, parked, waiting, leased] = ids as [string, string, string, string];
    await parkDeliveries(pool, null, [{ id: parked, reason: 'saturated', waitMs: null }]);
    await record(attemptOf(waiting, { verdict: retryIn(60_000) }));
    await leaseDeliveries(pool, WORKER, [{ deliveryId: leased, attemptCount: 0, leaseMs: 60_000 }]);
    const end = (limit: number) =>
      endWaiting(pool, {
        subscriptionId,
        status: 'cancelled',
        reason: 'subscription_deleted',
        limit,
      });
    t.equal(await end(1), 1);
    t.equal(await end(10), 1);
    for (const id of [parked, waiting]) {
      t.match(await delivery(id), {
        status: 'cancelled',
        reason: 'subscription_deleted',
        completed_at: Date,
      });
    }
    t.match(await delivery(isQueued), { status: 'pending' });
    t.match(await delivery(leased), { status: 'delivering' });
  },
);

t.test("an event's deliveries to other subscriptions are their own", async (t) => {
  const tenant = 'siblings';
  const [a, b] = [await addSubscription({ tenant }), await addSubscription({ tenant })];
  const { eventId } = await accept({ tenant });
  const { rows } = await pool.query(
    'select id, subscription_id from posthorn.deliveries where event_id = $1',
    [eventId],
  );
  const ofA = rows.find((row) => row.subscription_id === a).id;
  await record(attemptOf(ofA));
  const { status } = await delivery(rows.find((row) => row.subscription_id === b).id);
  t.equal(status, 'pending');
});
