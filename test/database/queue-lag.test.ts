import { readFile } from 'node:fs/promises';
import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { findQueueState } from '../../src/queue/queue.repository.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

const QUERY = new URL('../../deploy/helm/posthorn/files/queue-lag.sql', import.meta.url);

/** The query as KEDA runs it: the chart takes the comments out and makes one line of it. */
async function readQuery(): Promise<string> {
  const text = await readFile(QUERY, 'utf8');
  return text.replaceAll(/^--.*\n/gm, '').replaceAll(/\s+/g, ' ');
}

t.test("KEDA's query", async (t) => {
  const { pool } = await createTestDatabase(t);
  const query = await readQuery();
  const lag = async (): Promise<number> => {
    // KEDA reads one value of one row.
    const { rows } = await pool.query<[string]>({ text: query, rowMode: 'array' });
    if (rows.flat().length !== 1) throw new Error('not one value');
    return Number(rows[0]?.[0]);
  };
  const addJobs = (
    task: string,
    runAt: string,
    count: number,
    deliveries: number,
  ): Promise<unknown> =>
    pool.query(
      `select ${QUEUE_SCHEMA}.add_job($1,
        json_build_object('deliveries', array(select gen_random_uuid() from generate_series(1, $4::integer))),
        run_at := now() + $2::interval)
      from generate_series(1, $3::integer)`,
      [task, runAt, count, deliveries],
    );

  await t.test('answers 0 for a queue that has never had a job', async (t) => {
    t.equal(await lag(), 0);
  });

  await t.test('counts deliveries, not jobs, once they have waited for a second', async (t) => {
    await addJobs('deliver', '0 seconds', 3, 40);
    t.equal(await lag(), 0, 'what is taken up at once is no backlog');
    await until(async () => (await lag()) === 120, { what: 'the deliveries to count' });
  });

  await t.test('leaves out what is planned, what runs, and other tasks', async (t) => {
    await addJobs('deliver', '1 hour', 2, 40);
    await addJobs('promote', '-1 minute', 2, 40);
    await pool.query(
      `update ${QUEUE_SCHEMA}._private_jobs set locked_at = now(), locked_by = 'somebody'
      where id = (select min(id) from ${QUEUE_SCHEMA}._private_jobs)`,
    );
    t.equal(await lag(), 80);
  });

  await t.test('counts what was published from SQL and is not queued', async (t) => {
    await pool.query(
      `select posthorn.defer_deliveries(array(
        select posthorn.uuid_v7(now() - n * interval '1 minute') from generate_series(0, 300) as n
        order by 1))`,
    );
    t.equal(await lag(), 80 + 301);
    await pool.query('select posthorn.defer_deliveries(array[posthorn.uuid_v7()])');
    t.equal(await lag(), 80 + 301, 'but not what was published just now');
    const { depth, oldestAgeSeconds } = await findQueueState(pool);
    t.equal(depth, 5 * 40 + 302);
    t.ok(Number(oldestAgeSeconds) >= 300 * 60, 'as old as the oldest of them');
    await pool.query('delete from posthorn.outbox');
  });

  await t.test('costs little at any backlog', async (t) => {
    await pool.query(
      `insert into ${QUEUE_SCHEMA}._private_jobs (task_id, payload, run_at)
      select t.id, json_build_object('deliveries', json_build_array(gen_random_uuid())), now() - interval '1 minute'
      from ${QUEUE_SCHEMA}._private_tasks as t, generate_series(1, 100000)
      where t.identifier = 'deliver'`,
    );
    await pool.query(`analyze ${QUEUE_SCHEMA}._private_jobs`);
    const startedAt = performance.now();
    const found = await lag();
    const tookMs = performance.now() - startedAt;
    t.comment(`${found} deliveries counted in ${Math.round(tookMs)} ms`);
    t.ok(found >= 20_000);
    // It takes some 20 ms alone; the tests share their machine.
    t.ok(tookMs < 10_000);
  });
});
