import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { createReplayRunner } from '../../src/replays/replay-runner.service.ts';
import { NOWHERE } from '../helpers/api.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { replayClient, seedEnded } from '../helpers/replays.ts';
import { startService } from '../helpers/service.ts';

const ROOT = 'root-key-of-the-environment';
const TARGET = 'https://receiver.example/hooks';

const service = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
const { pool } = service;
const root = bearer(ROOT);
const call: typeof service.call = (method, path, init = {}) =>
  service.call(method, path, { headers: root, ...init });
const { start, read, steer } = replayClient({ call });

async function subscribe(fields: object = {}): Promise<any> {
  const { body } = await call('POST', '/subscriptions', {
    json: { target_url: TARGET, ...fields },
  });
  return body;
}

const dryRun = async (id: string, body: object = {}): Promise<any> => {
  const { status, body: count } = await call('POST', `/subscriptions/${id}/replay`, {
    json: { ...body, dry_run: true },
  });
  if (status !== 200) throw new Error(`answered ${status}`);
  return count;
};

const faultsOf = async (id: string, json: object): Promise<unknown> => {
  const { status, body } = await call('POST', `/subscriptions/${id}/replay`, { json });
  return [status, ...(body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer)];
};

t.test(
  'a replay begins with what it will find counted, and a job that goes on with it',
  async (t) => {
    const tenant = 'begun';
    const { id } = await subscribe({ tenant });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 3 });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 2, status: 'delivered' });
    const answer = await call('POST', `/subscriptions/${id}/replay`, {
      json: { created_after: '2020-01-01T00:00:00Z', event_types: ['order.*'], rate_limit: 5 },
    });
    t.equal(answer.status, 202);
    const { body } = answer;
    t.equal(answer.headers.get('location'), `/replays/${body.id}`);
    t.strictSame(
      { ...body, created_before: '', created_at: '', updated_at: '' },
      {
        id: body.id,
        tenant,
        subscription_id: id,
        target_subscription_id: id,
        source: 'deliveries',
        created_after: '2020-01-01T00:00:00.000Z',
        created_before: '',
        statuses: ['failed', 'discarded'],
        event_types: ['order.*'],
        event_id: null,
        filter: null,
        rate_limit: 5,
        status: 'running',
        failure: null,
        total: 3,
        is_estimate: false,
        seen: 0,
        replayed: 0,
        skipped: 0,
        position: null,
        created_at: '',
        updated_at: '',
        completed_at: null,
      },
    );
    t.ok(Math.abs(Date.parse(body.created_before) - Date.now()) < 60_000);
    t.strictSame(await read(body.id), body);
    const { rows } = await pool.query(
      `select key from ${QUEUE_SCHEMA}._private_jobs where key like 'replay:%'`,
    );
    t.strictSame(rows, [{ key: `replay:${body.id}` }]);
  },
);

t.test('a dry run counts by state, type, time and event, and begins nothing', async (t) => {
  const tenant = 'counted';
  const { id } = await subscribe({ tenant });
  const of = { tenant, subscriptionId: id };
  await seedEnded(pool, { ...of, count: 4, eventType: 'order.created' });
  await seedEnded(pool, { ...of, count: 3, eventType: 'invoice.paid', minutesAgo: 10 });
  await seedEnded(pool, { ...of, count: 2, status: 'cancelled' });
  await seedEnded(pool, { ...of, count: 1, status: 'delivered' });
  await seedEnded(pool, { ...of, count: 8, status: 'filtered' });
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const count = (total: number) => ({ total, skipped: 0, is_estimate: false });
  t.strictSame(await dryRun(id), count(7));
  t.strictSame(await dryRun(id, { statuses: ['delivered', 'cancelled'] }), count(3));
  t.strictSame(await dryRun(id, { event_types: ['invoice.*', 'nothing'] }), count(3));
  t.strictSame(await dryRun(id, { statuses: ['discarded'] }), count(0));
  t.strictSame(await dryRun(id, { statuses: ['discarded', 'filtered'] }), count(8));
  t.strictSame(await dryRun(id, { event_types: [] }), count(7));
  t.strictSame(await dryRun(id, { created_after: minutesAgo(20) }), count(3));
  t.strictSame(await dryRun(id, { created_before: minutesAgo(20) }), count(4));
  const { rows } = await pool.query(
    `select event_id from posthorn.deliveries where subscription_id = $1 and status = 'failed' limit 1`,
    [id],
  );
  t.strictSame(await dryRun(id, { event_id: rows[0].event_id }), count(1));
  t.strictSame(await dryRun(id, { event_id: NOWHERE }), count(0));
  t.strictSame((await call('GET', `/replays?subscription_id=${id}`)).body.data, []);
});

t.test('a dry run to another subscription tells what that has already', async (t) => {
  const tenant = 'counted-for-another';
  const { id } = await subscribe({ tenant });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 5 });
  const other = await subscribe({ tenant, event_types: ['order.*'] });
  await pool.query(
    `insert into posthorn.deliveries (id, tenant, event_id, subscription_id, event_type)
    select posthorn.uuid_sibling(event_id), tenant, event_id, $2, event_type
    from posthorn.deliveries where subscription_id = $1 limit 2`,
    [id, other.id],
  );
  t.strictSame(await dryRun(id, { target_subscription_id: other.id }), {
    total: 5,
    skipped: 2,
    is_estimate: false,
  });
  await seedEnded(pool, { tenant, subscriptionId: id, count: 1, eventType: 'invoice.paid' });
  await seedEnded(pool, {
    tenant,
    subscriptionId: id,
    count: 1,
    eventType: 'posthorn.subscription.failing',
  });
  t.match(await dryRun(other.id, { source: 'events' }), { total: 5, skipped: 2 });
  t.match(
    await dryRun(id, { source: 'events' }),
    { total: 6, skipped: 6 },
    'operational events go to those who name them',
  );
});

t.test('what cannot be replayed is refused with the place of the fault', async (t) => {
  const tenant = 'refused';
  const { id } = await subscribe({ tenant });
  const foreign = await subscribe({ tenant: 'someone-else' });
  t.strictSame(await faultsOf(id, { statuses: ['pending'] }), [400, '/statuses/0']);
  t.strictSame(await faultsOf(id, { statuses: [] }), [400, '/statuses']);
  t.strictSame(await faultsOf(id, { rate_limit: 0 }), [400, '/rate_limit']);
  t.strictSame(await faultsOf(id, { filter: { payload: { n: { $near: 7 } } } }), [
    400,
    '/filter/payload/n/$near',
  ]);
  t.strictSame(await faultsOf(id, { createdafter: 'x' }), [400, '/createdafter']);
  t.strictSame(await faultsOf(id, { created_after: 'noon' }), [400, '/created_after']);
  t.strictSame(await faultsOf(id, { created_after: '2999-01-01T00:00:00Z' }), [
    400,
    '/created_after',
  ]);
  t.strictSame(
    await faultsOf(id, {
      created_after: '2025-11-22T12:00:00Z',
      created_before: '2025-11-22T12:00:00Z',
    }),
    [400, '/created_after'],
  );
  t.strictSame(await faultsOf(id, { source: 'events', statuses: ['failed'] }), [400, '/statuses']);
  for (const target of [NOWHERE, foreign.id]) {
    t.strictSame(await faultsOf(id, { target_subscription_id: target }), [
      400,
      '/target_subscription_id',
    ]);
  }
  t.match(await call('POST', `/subscriptions/${NOWHERE}/replay`, { json: {} }), {
    status: 404,
    body: { code: 'subscription_not_found' },
  });
  await pool.query(
    `update posthorn.subscriptions set status = 'disabled', disabled_reason = 'gone' where id = $1`,
    [id],
  );
  t.match(await call('POST', `/subscriptions/${id}/replay`, { json: {} }), {
    status: 409,
    body: { code: 'subscription_disabled' },
  });
  t.match(await dryRun(id), { total: 0 });
});

t.test(
  'a replay is paused, resumed and cancelled, and refuses what its state does not allow',
  async (t) => {
    const { id } = await subscribe({ tenant: 'steered' });
    const replay = await start(id);
    for (const [how, status] of [
      ['resume', 'running'],
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['pause', 'paused'],
      ['cancel', 'cancelled'],
      ['cancel', 'cancelled'],
    ] as const) {
      const { body, ...answer } = await steer(replay.id, how);
      t.equal(answer.status, 200, how);
      t.match(body, { id: replay.id, status });
      t.equal(body.completed_at !== null, status === 'cancelled');
      t.strictSame(await read(replay.id), body);
    }
    for (const how of ['pause', 'resume'] as const) {
      t.match(await steer(replay.id, how), {
        status: 409,
        body: { code: 'replay_not_changeable', detail: 'The replay has already been cancelled.' },
      });
    }
    for (const how of ['pause', 'resume', 'cancel'] as const) {
      t.match(await steer(NOWHERE, how), { status: 404, body: { code: 'replay_not_found' } });
    }
  },
);

t.test('replays are listed newest first, by subscription, target and state', async (t) => {
  const tenant = 'listed';
  const [from, to] = [await subscribe({ tenant }), await subscribe({ tenant })];
  const own = await start(from.id);
  const across = await start(from.id, { target_subscription_id: to.id });
  await steer(own.id, 'cancel');
  const ids = async (query: string) =>
    (await call('GET', `/replays?${query}`)).body.data.map((one: { id: string }) => one.id);
  t.strictSame(await ids(`tenant=${tenant}`), [across.id, own.id]);
  t.strictSame(await ids(`subscription_id=${from.id}`), [across.id, own.id]);
  t.strictSame(await ids(`subscription_id=${to.id}`), [across.id]);
  t.strictSame(await ids(`tenant=${tenant}&status=cancelled`), [own.id]);
  const first = (await call('GET', `/replays?tenant=${tenant}&limit=1`)).body;
  t.strictSame(await ids(`tenant=${tenant}&limit=1&cursor=${first.next_cursor}`), [own.id]);
});

t.test('a tenant sees and steers its own replays alone, and readers steer none', async (t) => {
  const makeKey = keyMaker(service);
  const [mine, theirs] = [
    bearer(await makeKey(['admin'], 'mine')),
    bearer(await makeKey(['admin'], 'theirs')),
  ];
  const reader = bearer(await makeKey(['read'], 'mine'));
  const { id } = await subscribe({ tenant: 'mine' });
  const path = `/subscriptions/${id}/replay`;
  t.equal((await call('POST', path, { headers: reader, json: {} })).status, 403);
  t.equal((await call('POST', path, { headers: theirs, json: {} })).status, 404);
  const { status, body: replay } = await call('POST', path, { headers: mine, json: {} });
  t.equal(status, 202);
  t.equal((await call('GET', `/replays/${replay.id}`, { headers: reader })).status, 200);
  t.equal((await call('GET', `/replays/${replay.id}`, { headers: theirs })).status, 404);
  t.strictSame((await call('GET', '/replays', { headers: theirs })).body.data, []);
  t.equal((await call('GET', '/replays', { headers: mine })).body.data.length, 1);
  for (const how of ['pause', 'resume', 'cancel']) {
    const steering = `/replays/${replay.id}/${how}`;
    t.equal((await call('POST', steering, { headers: theirs })).status, 404);
    t.equal((await call('POST', steering, { headers: reader })).status, 403);
  }
  t.equal((await read(replay.id)).status, 'running');
});

t.test('who began a replay and who stopped it is in the audit log', async (t) => {
  const { id } = await subscribe({ tenant: 'audited' });
  const replay = await start(id);
  await steer(replay.id, 'pause');
  const { body } = await call('GET', '/audit?limit=2');
  t.match(body.data, [
    { operation: 'pauseReplay', target_id: replay.id, tenant: 'audited', status: 200 },
    { operation: 'replaySubscription', target_id: id, tenant: 'audited', status: 202 },
  ]);
});

t.test(
  'what is queued for another subscription is found as pending, however old its events',
  async (t) => {
    const tenant = 'queued';
    const { id } = await subscribe({ tenant });
    const target = await subscribe({ tenant });
    await seedEnded(pool, { tenant, subscriptionId: id, count: 2 });
    const { id: replayId } = await start(id, { target_subscription_id: target.id });
    await createReplayRunner(service).run(replayId);
    t.match(await read(replayId), { status: 'completed', replayed: 2 });
    const { body } = await call('GET', `/deliveries?tenant=${tenant}&status=pending`);
    t.strictSame(
      body.data.map((one: any) => [one.subscription_id, one.reason, one.attempt_count]),
      [
        [target.id, 'released', 0],
        [target.id, 'released', 0],
      ],
    );
  },
);

t.test('all that ended undelivered since a time is one list', async (t) => {
  const tenant = 'undelivered';
  const { id } = await subscribe({ tenant });
  const of = { tenant, subscriptionId: id };
  for (const status of ['failed', 'discarded', 'cancelled', 'delivered'] as const) {
    await seedEnded(pool, { ...of, count: 2, status, minutesAgo: 90 });
    await seedEnded(pool, { ...of, count: 3, status });
  }
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const list = async (query: string): Promise<any[]> =>
    (await call('GET', `/deliveries?tenant=${tenant}&limit=200&${query}`)).body.data;
  const undelivered = await list(
    `status=failed&status=discarded&status=cancelled&created_after=${since}`,
  );
  t.equal(undelivered.length, 9);
  t.notOk(undelivered.some(({ status }) => status === 'delivered'));
  t.strictSame(
    undelivered.map((one) => one.id),
    undelivered
      .map((one) => one.id)
      .sort()
      .reverse(),
  );
  t.equal((await list('status=failed')).length, 5);
  t.equal((await list('status=failed&status=delivered')).length, 10);
  t.equal((await call('GET', '/deliveries?status=failed&status=lost')).status, 400);
});
