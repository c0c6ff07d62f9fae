import t from 'tap';
import { loadQueuedDeliveries } from '../../src/queue/delivery-queue.repository.ts';
import { get, post, readAll, startReadSide } from '../helpers/read-side.ts';

const {
  call,
  pool,
  insertTenant,
  publish,
  publishTo,
  record,
  deliver,
  park,
  lease,
  end,
  findQueued,
  loadQueued,
  finishJobs,
} = await startReadSide(t);

t.test('what ended undelivered can be retried, with a whole new schedule', async (t) => {
  const { tenant } = await insertTenant('retried');
  const [failed, discarded, cancelled] = [
    await publishTo(tenant),
    await publishTo(tenant),
    await publishTo(tenant),
  ];
  await record(failed.id, { status: 'pending', waitMs: 1 });
  await record(failed.id, { number: 2 });
  await end(discarded.id, 'discarded', 'subscription_disabled');
  await end(cancelled.id, 'cancelled', 'cancelled_by_request');
  await finishJobs();
  for (const { id } of [failed, discarded, cancelled]) {
    const { status, body } = await post(call, `/deliveries/${id}/retry`);
    t.equal(status, 202);
    t.match(body, {
      id,
      status: 'pending',
      reason: 'released',
      next_attempt_at: null,
      completed_at: null,
    });
    t.strictSame((await get(call, `/deliveries/${id}`)).body, body);
  }
  t.strictSame(await findQueued(), [failed.id, discarded.id, cancelled.id]);
  t.match(await loadQueued(), [{ id: failed.id, attemptCount: 2, attemptBase: 2 }, {}, {}]);
  t.equal((await readAll(call, `/deliveries?tenant=${tenant}&status=pending`)).entries.length, 3);
});

t.test('a retry that waits can be made at once, within its own schedule', async (t) => {
  const { tenant } = await insertTenant('forward');
  const { id } = await publishTo(tenant);
  await record(id, { status: 'pending', waitMs: 60_000 });
  await finishJobs();
  t.match(await post(call, `/deliveries/${id}/retry`), {
    status: 202,
    body: { status: 'pending', attempt_count: 1, next_attempt_at: null },
  });
  t.strictSame(await findQueued(), [id]);
  const { rows } = await pool.query('select attempt_base from posthorn.deliveries where id = $1', [
    id,
  ]);
  t.strictSame(rows, [{ attempt_base: 0 }]);
});

t.test('a retried delivery takes its place in the order of its key again', async (t) => {
  const { tenant } = await insertTenant('line');
  const event = { tenant, orderingKey: 'order-1' };
  const [first, second, third] = [
    await publish(event),
    await publish(event),
    await publish(event),
  ].map(({ deliveryIds }) => deliveryIds[0] as string) as [string, string, string];
  await record(first, { status: 'pending', waitMs: 60_000 });
  await end(second, 'cancelled', 'cancelled_by_request');
  t.equal((await post(call, `/deliveries/${second}/retry`)).status, 202);
  await park(second, 'awaiting_order');
  await park(third, 'awaiting_order');
  await finishJobs();
  await deliver(first, 2);
  t.strictSame(await findQueued(), [second]);
  await deliver(second);
  t.strictSame(await findQueued(), [second, third]);
});

t.test('what moves, is held or has arrived cannot be retried', async (t) => {
  const { tenant } = await insertTenant('unretryable');
  const [queued, held, leased, delivered] = [
    await publishTo(tenant),
    await publishTo(tenant),
    await publishTo(tenant),
    await publishTo(tenant),
  ];
  await park(held.id, 'saturated');
  await lease(leased.id);
  await deliver(delivered.id);
  await finishJobs();
  const details = new Map([
    [queued.id, 'The delivery is queued or held already.'],
    [held.id, 'The delivery is queued or held already.'],
    [leased.id, 'An attempt is under way.'],
    [delivered.id, 'The delivery has been delivered.'],
  ]);
  for (const [id, detail] of details) {
    t.match(await post(call, `/deliveries/${id}/retry`), {
      status: 409,
      body: { code: 'delivery_not_retryable', detail },
    });
  }
  t.strictSame(await findQueued(), []);
});

t.test('a subscription that is not active rejects manual retry', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('inactive');
  const { id } = await publishTo(tenant);
  await record(id);
  await finishJobs();
  const refused = async (detail: string) => {
    t.match(await post(call, `/deliveries/${id}/retry`), {
      status: 409,
      body: { code: 'delivery_not_retryable', detail },
    });
  };
  const set = (status: string, reason: string | null) =>
    pool.query(
      'update posthorn.subscriptions set status = $2, disabled_reason = $3 where id = $1',
      [subscriptionId, status, reason],
    );
  await set('paused', null);
  await refused('The subscription is paused.');
  await set('disabled', 'gone');
  await refused('The subscription is disabled.');
  await pool.query('delete from posthorn.subscriptions where id = $1', [subscriptionId]);
  await refused('The subscription is deleted.');
  t.strictSame(await findQueued(), []);
});

t.test('of retries at once, one is made', async (t) => {
  const { tenant } = await insertTenant('raced');
  const { id } = await publishTo(tenant);
  await record(id);
  await finishJobs();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => post(call, `/deliveries/${id}/retry`)),
  );
  t.strictSame(answers.map(({ status }) => status).sort(), [202, ...Array(7).fill(409)]);
  t.strictSame(await findQueued(), [id]);
});

t.test('what has not been handed over can be cancelled, and is not sent', async (t) => {
  const { tenant } = await insertTenant('cancelled');
  const [queued, waiting, held] = [
    await publishTo(tenant),
    await publishTo(tenant),
    await publishTo(tenant),
  ];
  await record(waiting.id, { status: 'pending', waitMs: 60_000 });
  await park(held.id, 'subscription_paused');
  for (const { id } of [queued, waiting, held]) {
    const { status, body } = await post(call, `/deliveries/${id}/cancel`);
    t.equal(status, 200);
    t.match(body, {
      id,
      status: 'cancelled',
      reason: 'cancelled_by_request',
      next_attempt_at: null,
    });
    t.type(body.completed_at, 'string');
    t.strictSame(await loadQueuedDeliveries(pool, [id], null), []);
  }
});

t.test('what is under way or has ended cannot be cancelled', async (t) => {
  const { tenant } = await insertTenant('uncancellable');
  const [leased, delivered, failed] = [
    await publishTo(tenant),
    await publishTo(tenant),
    await publishTo(tenant),
  ];
  await lease(leased.id);
  await deliver(delivered.id);
  await record(failed.id);
  const details = new Map([
    [leased.id, 'An attempt is under way.'],
    [delivered.id, 'The delivery has already ended as delivered.'],
    [failed.id, 'The delivery has already ended as failed.'],
  ]);
  for (const [id, detail] of details) {
    t.match(await post(call, `/deliveries/${id}/cancel`), {
      status: 409,
      body: { code: 'delivery_not_cancellable', detail },
    });
  }
});
