import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { replayClient, seedEnded } from '../helpers/replays.ts';
import { spawnPosthorn, startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.setTimeout(90_000);

const COUNT = 4_000;

t.test(
  'a worker killed in the middle of a replay leaves out nothing and repeats nothing',
  async (t) => {
    const service = await startService(t, { hasWorker: false });
    const { pool, url: databaseUrl, subscribe } = service;
    const { start, read, untilReplay } = replayClient(service);
    const tenant = 'killed';
    const receiver = await startReceiver(t);
    const { id } = await subscribe(receiver.url, { tenant });
    const target = await subscribe(receiver.url, { tenant });
    await seedEnded(pool, { tenant, subscriptionId: id, count: COUNT });

    const doomed = await spawnPosthorn(t, 'worker', { databaseUrl });
    const again = await start(id, { rate_limit: 1_000 });
    const across = await start(target.id, { source: 'events', rate_limit: 1_000 });
    await until(
      async () => (await read(again.id)).seen >= 1_000 && (await read(across.id)).seen >= 500,
      { timeoutMs: 30_000, what: 'both replays to be under way' },
    );
    doomed.signal('SIGKILL');
    await doomed.exited;
    const left = await read(again.id);
    t.equal(left.status, 'running');
    t.ok(left.seen < COUNT, `killed at ${left.seen} of ${COUNT}`);

    await spawnPosthorn(t, 'worker', { databaseUrl });
    for (const replay of [again, across]) {
      t.match(await untilReplay(replay.id, 'completed'), {
        total: COUNT,
        seen: COUNT,
        replayed: COUNT,
        skipped: 0,
      });
    }
    await until(
      async () =>
        (await pool.query(`select from posthorn.deliveries where status <> 'delivered' limit 1`))
          .rowCount === 0,
      { timeoutMs: 30_000, what: 'everything to be delivered' },
    );
    const { rows } = await pool.query(
      `select count(*)::int as attempts, count(distinct delivery_id)::int as deliveries
    from posthorn.attempts where subscription_id = $1`,
      [id],
    );
    t.strictSame(rows, [{ attempts: COUNT, deliveries: COUNT }], 'each was replayed once');
    const { rows: made } = await pool.query(
      `select count(*)::int as made, count(distinct event_id)::int as events
    from posthorn.deliveries where subscription_id = $1`,
      [target.id],
    );
    t.strictSame(made, [{ made: COUNT, events: COUNT }]);
    const arrived = new Set(receiver.requests.map(({ headers }) => headers['x-delivery-id']));
    t.equal(arrived.size, 2 * COUNT);
  },
);
