import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { spawnPosthorn, startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Processes start slowly where many tests share a machine; what is measured begins when they run.
t.setTimeout(90_000);

/** What is promised at rest. */
const ARRIVED_WITHIN_MS = 250;
const LONGEST_LOOK_MS = 200;

async function openSession(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

t.test('what is published from SQL at rest arrives within 250 ms', async (t) => {
  const { subscribe, url } = await startService(t);
  const receiver = await startReceiver(t);
  await subscribe(receiver.url, { tenant: 'rest' });
  const session = await openSession(t, url);
  const tookMs: number[] = [];
  for (let n = 0; n < 15; n += 1) {
    // Looks come at any moment of the pause between them, and after a while they are rare again.
    await delay(2 * LONGEST_LOOK_MS + n * 13);
    await session.query(`select posthorn.publish('a', $1::json, 'rest')`, [String(n)]);
    const committedAtMs = Date.now();
    const last = (await receiver.received(n + 1)).at(-1);
    tookMs.push((last?.receivedAtMs ?? Number.NaN) - committedAtMs);
  }
  tookMs.sort((a, b) => a - b);
  t.comment(`took ${tookMs.join(', ')} ms`);
  // Other tests share the machine: what it takes is what most of them take.
  t.ok((tookMs[Math.floor(tookMs.length * 0.8)] ?? Infinity) < ARRIVED_WITHIN_MS);
});

t.test('what was published while no worker ran arrives once one does', async (t) => {
  const { subscribe, url } = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  await subscribe(receiver.url, { tenant: 'later' });
  const session = await openSession(t, url);
  await session.query(`select posthorn.publish('a', '1', 'later')`);
  await spawnPosthorn(t, 'worker', { databaseUrl: url });
  const [request] = await receiver.received(1);
  t.equal(request?.body.toString(), '1');
});

t.test(
  'workers that are killed while applications publish lose nothing and record nothing twice',
  async (t) => {
    const { subscribe, url, pool } = await startService(t, { hasWorker: false });
    const receiver = await startReceiver(t);
    const { id } = await subscribe(receiver.url, { tenant: 'killed' });
    let worker = await spawnPosthorn(t, 'worker', { databaseUrl: url });
    const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession(t, url)));
    const committed: string[] = [];
    const over = new AbortController();

    async function apply(session: pg.Client, application: number): Promise<void> {
      for (let n = 0; !over.signal.aborted; n += 1) {
        await session.query('begin');
        const { rows } = await session.query<{ id: string }>(
          `select posthorn.publish('a', to_json($1::text), 'killed') as id`,
          [`${application} ${n}`],
        );
        const isKept = n % 5 !== 0;
        await session.query(isKept ? 'commit' : 'rollback');
        if (isKept) committed.push(rows[0]?.id ?? '');
      }
    }
    const applying = sessions.map(apply);
    for (let kill = 0; kill < 3; kill += 1) {
      const before = receiver.requests.length;
      await until(() => receiver.requests.length > before + 50, {
        timeoutMs: 20_000,
        what: 'deliveries',
      });
      worker.signal('SIGKILL');
      await worker.exited;
      worker = await spawnPosthorn(t, 'worker', { databaseUrl: url });
    }
    over.abort();
    await Promise.all(applying);

    await until(
      async () =>
        (
          await pool.query(
            `select from posthorn.deliveries where subscription_id = $1 and status <> 'delivered'`,
            [id],
          )
        ).rowCount === 0,
      { timeoutMs: 30_000, what: 'everything to be delivered' },
    );
    const { rows: delivered } = await pool.query<{ event_id: string }>(
      'select event_id from posthorn.deliveries where subscription_id = $1 order by 1',
      [id],
    );
    t.strictSame(
      delivered.map((row) => row.event_id),
      committed.toSorted(),
      'one delivery of each',
    );
    const { rows: attempts } = await pool.query(
      `select count(*)::int as attempts, count(distinct delivery_id)::int as deliveries from posthorn.attempts`,
    );
    t.strictSame(attempts, [{ attempts: committed.length, deliveries: committed.length }]);
    const { rows: left } = await pool.query('select from posthorn.outbox');
    t.equal(left.length, 0);
  },
);
