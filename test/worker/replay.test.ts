import t from 'tap';
import { endDeliveries } from '../../src/queue/delivery-queue.repository.ts';
import { createReplayRunner } from '../../src/replays/replay-runner.service.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { replayClient, seedEnded } from '../helpers/replays.ts';
import { startService, type Service } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.setTimeout(120_000);

const service = await startService(t);
const { pool, subscribe, patch } = service;
const { start, read, steer, untilReplay } = replayClient(service);

const idOf = (headers: Record<string, unknown>) => headers['webhook-id'] as string;

async function countOf(subscriptionId: string, where = 'true'): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as count from posthorn.deliveries where subscription_id = $1 and ${where}`,
    [subscriptionId],
  );
  return rows[0].count;
}

const untilDelivered = (id: string, count: number) =>
  until(async () => (await countOf(id, `status = 'delivered'`)) === count, {
    what: `${count} to be delivered`,
    timeoutMs: 30_000,
  });

t.test(
  'ended deliveries are sent again as a retry by hand would, and keep their history',
  async (t) => {
    const tenant = 'again';
    const receiver = await startReceiver(t);
    const { id } = await subscribe(receiver.url, { tenant });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 3 });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 2, status: 'discarded' });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 4, status: 'delivered' });
    const replay = await untilReplay((await start(id)).id, 'completed');
    t.match(replay, { total: 5, seen: 5, replayed: 5, skipped: 0, failure: null });
    t.equal(replay.position, replay.created_before);
    t.ok(replay.completed_at);
    await untilDelivered(id, 9);
    t.equal(await countOf(id, 'attempt_count = 3 and attempt_base = 2'), 5);
    t.equal(receiver.requests.length, 5);
  },
);

t.test(
  'to another subscription each event gets one delivery, however often it is asked for',
  async (t) => {
    const tenant = 'another';
    const receiver = await startReceiver(t);
    const { id } = await subscribe('http://127.0.0.1:65000/', { tenant });
    const target = await subscribe(receiver.url, { tenant });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 40 });
    const body = { target_subscription_id: target.id };
    const first = await start(id, body);
    t.match(await untilReplay(first.id, 'completed'), { total: 40, replayed: 40, skipped: 0 });
    const second = await start(id, body);
    t.match(await untilReplay(second.id, 'completed'), { seen: 40, replayed: 0, skipped: 40 });
    await untilDelivered(target.id, 40);
    t.equal(new Set(receiver.requests.map(({ headers }) => idOf(headers))).size, 40);
    t.equal(receiver.requests.length, 40);
    t.equal(await countOf(id, `status = 'failed'`), 40, 'the first one keeps what it has');
  },
);

t.test(
  'a new subscription is filled with the events of its types that it has missed',
  async (t) => {
    const tenant = 'missed';
    const receiver = await startReceiver(t);
    const { id } = await subscribe('http://127.0.0.1:65000/', { tenant });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 30, status: 'delivered' });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 5, eventType: 'invoice.paid' });
    await seedEnded(pool, { tenant: 'not-mine', subscriptionId: id, count: 5 });
    const target = await subscribe(receiver.url, { tenant, event_types: ['order.*'] });
    await service.publish({ tenant, event_type: 'order.shipped', payload: {} });
    await untilDelivered(target.id, 1);
    const replay = await start(target.id, { source: 'events' });
    t.match(replay, { source: 'events', statuses: null, total: 31 });
    t.match(await untilReplay(replay.id, 'completed'), { seen: 31, replayed: 30, skipped: 1 });
    await untilDelivered(target.id, 31);
    t.equal(receiver.requests.length, 31);
  },
);

t.test('what is replayed to a paused subscription is held until it is resumed', async (t) => {
  const tenant = 'held';
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { tenant });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 20 });
  await patch(id, { status: 'paused' });
  t.match(await untilReplay((await start(id)).id, 'completed'), { replayed: 20 });
  t.equal(await countOf(id, `parked and reason = 'subscription_paused'`), 20);
  t.equal(receiver.requests.length, 0);
  await patch(id, { status: 'active' });
  await untilDelivered(id, 20);
});

t.test('events with an ordering key are replayed one at a time, in their order', async (t) => {
  const tenant = 'ordered';
  const receiver = await startReceiver(t, { status: 200, delayMs: 20 });
  const { id } = await subscribe('http://127.0.0.1:65000/', { tenant, status: 'paused' });
  const events = Array.from({ length: 12 }, (_, n) => ({
    tenant,
    event_type: 'a',
    payload: n,
    ordering_key: `key-${n % 2}`,
  }));
  await service.publish(events);
  const { rows } = await pool.query<{ id: string }>(
    'select id from posthorn.deliveries where subscription_id = $1',
    [id],
  );
  const reason = 'cancelled_by_request';
  await endDeliveries(
    pool,
    null,
    rows.map((row) => ({ id: row.id, status: 'cancelled', reason })),
  );
  const target = await subscribe(receiver.url, { tenant });
  const across = await start(id, { statuses: ['cancelled'], target_subscription_id: target.id });
  t.match(await untilReplay(across.id, 'completed'), { replayed: 12 });
  await untilDelivered(target.id, 12);
  await patch(id, { target_url: receiver.url, status: 'active' });
  t.match(await untilReplay((await start(id, { statuses: ['cancelled'] })).id, 'completed'), {
    replayed: 12,
  });
  await untilDelivered(id, 12);
  const bodies = receiver.requests.map(({ body }) => Number(body.toString()));
  for (const parity of [0, 1]) {
    const order = [0, 2, 4, 6, 8, 10].map((n) => n + parity);
    t.strictSame(
      bodies.filter((n) => n % 2 === parity),
      [...order, ...order],
    );
  }
});

t.test('a rate limit is kept', async (t) => {
  const tenant = 'limited';
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { tenant });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 100 });
  const begunAtMs = Date.now();
  const { id: replayId } = await start(id, { rate_limit: 25 });
  await untilReplay(replayId, 'completed');
  await untilDelivered(id, 100);
  const times = receiver.requests.map(({ receivedAtMs }) => receivedAtMs);
  const tookMs = Math.max(...times) - begunAtMs;
  t.comment(`100 at 25 a second took ${tookMs} ms`);
  t.ok(tookMs > 3_500, 'not sooner than four seconds, less the first page');
  t.ok(tookMs < 12_000);
});

t.test('it pauses and resumes where it was, and once cancelled sends no more', async (t) => {
  const tenant = 'steered';
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { tenant });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 120 });
  const { id: replayId } = await start(id, { rate_limit: 20 });
  await until(async () => (await read(replayId)).seen >= 20);
  const { body: paused } = await steer(replayId, 'pause');
  t.equal(paused.status, 'paused');
  await untilDelivered(id, paused.replayed);
  const idle = await service.call('GET', `/replays/${replayId}`);
  t.strictSame(idle.body, paused, 'nothing moves while it is paused');
  t.equal((await steer(replayId, 'resume')).status, 200);
  await until(async () => (await read(replayId)).seen > paused.seen);
  const { body: cancelled } = await steer(replayId, 'cancel');
  t.ok(cancelled.replayed < 120);
  await untilDelivered(id, cancelled.replayed);
  t.equal(await countOf(id, `status = 'failed'`), 120 - cancelled.replayed);
  t.equal(receiver.requests.length, cancelled.replayed);
  t.strictSame(await read(replayId), cancelled);
});

t.test('it fails when its target is disabled, and goes on once that is mended', async (t) => {
  const tenant = 'disabled';
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { tenant });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 60 });
  const { id: replayId } = await start(id, { rate_limit: 20 });
  await until(async () => (await read(replayId)).seen > 0);
  await pool.query(
    `update posthorn.subscriptions set status = 'disabled', disabled_reason = 'gone' where id = $1`,
    [id],
  );
  t.match(await untilReplay(replayId, 'failed'), {
    failure: 'The target subscription is disabled.',
    completed_at: String,
  });
  await patch(id, { status: 'active' });
  t.equal((await steer(replayId, 'resume')).status, 200);
  t.match(await untilReplay(replayId, 'completed'), { seen: 60, replayed: 60, failure: null });
  await service.call('DELETE', `/subscriptions/${id}`);
  t.equal((await read(replayId)).status, 'completed');
});

t.test('a replay whose job was lost is found again', async () => {
  const tenant = 'lost';
  const { id } = await subscribe('http://127.0.0.1:65000/', { tenant, status: 'paused' });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 5 });
  const { rows } = await pool.query(
    `insert into posthorn.replays (id, tenant, subscription_id, target_subscription_id, source,
      after_id, before_id, statuses, total, is_estimate, position_id, page_after_id, updated_at)
    select posthorn.uuid_v7(), $1, $2, $2, 'deliveries', first, posthorn.uuid_floor(now()),
      '{failed}', 5, false, first, first, now() - interval '1 minute'
    from posthorn.uuid_floor(now() - interval '1 day') as first returning id`,
    [tenant, id],
  );
  await createReplayRunner(service).repair();
  await untilReplay(rows[0].id, 'completed');
});

t.test('runs of one replay at the same time do each page once', async (t) => {
  const lonely = await startService(t, { hasWorker: false });
  const { replayId, id } = await seedReplay(lonely, 'twice', 9_000);
  const runners = Array.from({ length: 3 }, () => createReplayRunner(lonely));
  const client = replayClient(lonely);
  while ((await client.read(replayId)).status === 'running') {
    await Promise.all(runners.map((runner) => runner.run(replayId)));
  }
  t.match(await client.read(replayId), { total: 9_000, seen: 9_000, replayed: 9_000 });
  const { rows } = await lonely.pool.query(
    `select count(*)::int as made, count(distinct event_id)::int as events
    from posthorn.deliveries where subscription_id = $1`,
    [id],
  );
  t.strictSame(rows, [{ made: 9_000, events: 9_000 }]);
});

t.test('a content filter leaves out what does not pass it', async (t) => {
  const lonely = await startService(t, { hasWorker: false });
  const { replayId, id } = await seedReplay(lonely, 'filtered', 300, {
    filter: { type: 'order.created', payload: { n: { $lte: 42 } } },
  });
  await createReplayRunner({ db: lonely.db }).run(replayId);
  t.match(await replayClient(lonely).read(replayId), {
    status: 'completed',
    seen: 300,
    replayed: 42,
    skipped: 258,
  });
  const { rows } = await lonely.pool.query(
    `select count(*)::int as count from posthorn.deliveries where subscription_id = $1`,
    [id],
  );
  t.strictSame(rows, [{ count: 42 }]);
});

t.test('what a filter had not let through is judged by the filter as it is now', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await service.subscribe(receiver.url, { tenant: 'judged-anew' });
  await seedEnded(service.pool, {
    tenant: 'judged-anew',
    subscriptionId: id,
    count: 10,
    status: 'filtered',
  });
  await service.pool.query(
    'update posthorn.deliveries set attempt_count = 0 where subscription_id = $1',
    [id],
  );
  await service.call('PATCH', `/subscriptions/${id}`, {
    json: { filter: { payload: { n: { $lte: 3 } } } },
  });
  const { id: replayId } = await start(id, { statuses: ['filtered'] });
  t.match(await untilReplay(replayId, 'completed'), { seen: 10, replayed: 10 });
  await until(async () => {
    const { rows } = await service.pool.query(
      `select status, count(*)::int as count from posthorn.deliveries
      where subscription_id = $1 group by status order by status`,
      [id],
    );
    return (
      JSON.stringify(rows) ===
      JSON.stringify([
        { status: 'delivered', count: 3 },
        { status: 'discarded', count: 7 },
      ])
    );
  });
});

/** A replay to a paused subscription, which no worker goes on with. */
async function seedReplay(
  lonely: Service,
  tenant: string,
  count: number,
  request: Record<string, unknown> = {},
) {
  const from = await lonely.subscribe('http://127.0.0.1:65000/', { tenant });
  const { id } = await lonely.subscribe('http://127.0.0.1:65000/', { tenant, status: 'paused' });
  await seedEnded(lonely.pool, { tenant, subscriptionId: from.id, count });
  const { id: replayId } = await replayClient(lonely).start(from.id, {
    target_subscription_id: id,
    ...request,
  });
  return { replayId, id };
}
