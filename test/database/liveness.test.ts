import t from 'tap';
import { createLogger } from '../../src/base/logger.ts';
import { startLiveness } from '../../src/workers/liveness.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

const { pool, url } = await createTestDatabase(t);
const logger = createLogger({ logLevel: 'silent' });

const start = (
  poolId: string,
  databaseUrl = url,
  onLost: (reason: string) => void = () => undefined,
) => startLiveness({ databaseUrl, pool, poolId, version: 'test', keyIds: [], logger, onLost });

const countWorkers = async (): Promise<number> =>
  (await pool.query('select from posthorn.workers')).rowCount ?? 0;

t.test('a database that refuses connections fails the start and nothing else', async (t) => {
  await t.rejects(start('refused', 'postgres://nobody@127.0.0.1:1/nowhere'), {
    code: 'ECONNREFUSED',
  });
});

t.test('a start that fails after connecting leaves no session behind', async (t) => {
  const first = await start('same');
  await t.rejects(start('same'), { code: '23505' });
  await until(
    async () =>
      (
        await pool.query(
          `select from pg_stat_activity where application_name = 'posthorn liveness' and datname = current_database()`,
        )
      ).rowCount === 1,
  );
  await first.stop();
  await pool.query('delete from posthorn.workers');
});

t.test('workers count each other, and take over from one whose session ends', async (t) => {
  const [one, two] = [await start('one'), await start('two')];
  await until(() => one.workerCount === 2 && two.workerCount === 2);
  await two.stop();
  await until(() => one.workerCount === 1);
  t.equal(await countWorkers(), 1);
  await one.stop();
  await pool.query('delete from posthorn.workers');
});

t.test('a worker that was declared dead is told once', async (t) => {
  const reasons: string[] = [];
  const worker = await start('told', url, (reason) => reasons.push(reason));
  await pool.query('delete from posthorn.workers');
  await until(() => reasons.length > 0);
  await worker.stop();
  t.strictSame(reasons, ['it was declared dead']);
});

t.test('a worker whose session is cut is told once', async (t) => {
  const reasons: string[] = [];
  const worker = await start('cut', url, (reason) => reasons.push(reason));
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'posthorn liveness' and datname = current_database()`);
  await until(() => reasons.length > 0);
  await worker.stop();
  t.equal(reasons.length, 1);
  t.match(reasons[0], /^its database session ended/);
});
