import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { createPool } from '../../src/database/database.ts';
import { createLogger } from '../../src/base/logger.ts';
import { startLiveness } from '../../src/workers/liveness.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { startRunner, type TaskBuilders } from '../../src/queue/runner.ts';
import { createTestDatabase, type Teardown } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';
import { layWire } from './wire.ts';

const logger = createLogger({ logLevel: 'silent' });

/** A runner of one job at a time, whose deliver jobs end, well or not, when they are let go. */
async function startQueue(t: Teardown, url: string, end = async (): Promise<void> => undefined) {
  const pool = createPool(url, { name: 'queue', max: 4, logger });
  const { promise: letGo, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  const deliver = async (): Promise<void> => {
    begun += 1;
    await letGo;
    await end();
  };
  const runner = await startRunner({
    pool,
    logger,
    cron: [],
    concurrentJobs: 1,
    stopWithinMs: 1_000,
    open: async () => undefined,
    tasks: { deliver: () => deliver } as unknown as TaskBuilders<void>,
  });
  t.teardown(async () => {
    resolve();
    await Promise.race([runner.stop().catch(() => undefined), delay(1_000)]);
    void pool.end();
  });
  return { runner, letGo: resolve, hasBegun: () => begun > 0 };
}

const addJobs = (pool: { query(sql: string): Promise<unknown> }) =>
  pool.query(
    `select ${QUEUE_SCHEMA}.add_job('deliver', '{"deliveries": []}') from generate_series(1, 20)`,
  );

t.test(
  'a queue with jobs in memory stops while the database is gone, and nothing is unhandled',
  async (t) => {
    const { url, pool } = await createTestDatabase(t);
    const wire = await layWire(t, url);
    await addJobs(pool);
    const { runner, letGo, hasBegun } = await startQueue(t, wire.url);
    await until(hasBegun);

    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    t.teardown(async () => void process.off('unhandledRejection', note));
    wire.cut();
    const stopped = runner.stop().catch(() => undefined);
    letGo();
    await Promise.race([stopped, delay(3_000)]);
    await until(async () => {
      const { rows } = await pool.query(
        `select from ${QUEUE_SCHEMA}._private_jobs where locked_by is not null`,
      );
      return rows.length > 0;
    });
    t.strictSame(unhandled, []);
  },
);

t.test('a queue that can neither complete nor fail a job says that it ends', async (t) => {
  const { url, pool } = await createTestDatabase(t);
  const wire = await layWire(t, url);
  await addJobs(pool);
  const { runner, letGo, hasBegun } = await startQueue(t, wire.url, async () => {
    throw new Error('no database');
  });
  await until(hasBegun);
  wire.cut();
  letGo();
  let hasEnded = false;
  const note = (): void => {
    hasEnded = true;
  };
  runner.ended.then(note, note);
  await until(() => hasEnded, { timeoutMs: 8_000 });
});

t.test('a worker whose connection has gone silent gives itself up', async (t) => {
  const { url, pool } = await createTestDatabase(t);
  const wire = await layWire(t, url);
  const { promise: lost, resolve } = Promise.withResolvers<string>();
  const liveness = await startLiveness({
    databaseUrl: wire.url,
    pool,
    poolId: 'pool-silent',
    version: 'test',
    keyIds: [],
    logger,
    onLost: resolve,
  });
  t.teardown(async () => void liveness.stop());
  wire.silence();
  t.match(await lost, /last beat/);
});
