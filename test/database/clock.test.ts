import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import t from 'tap';
import { startDatabaseClock } from '../../src/database/clock.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createTestDatabase } from '../helpers/postgres.ts';

const { pool, url } = await createTestDatabase(t);
const logger = createLogger({ logLevel: 'silent' });

const CONNECTING_MS = 1_000;
/** Far more than three readings take on a busy machine, far less than half of connecting. */
const TOLERATED_MS = 250;

/** How far a clock is ahead of the database's, in milliseconds. */
async function aheadMs(clock: { now(): number }): Promise<number> {
  const { rows } = await pool.query(
    'select extract(epoch from clock_timestamp()) * 1000 as now_ms',
  );
  return clock.now() - Number(rows[0].now_ms);
}

t.test('a connection that takes its time does not put the clock forward', async (t) => {
  class SlowClient extends Client {
    override async connect(...args: unknown[]): Promise<never> {
      await delay(CONNECTING_MS);
      return super.connect(...(args as [])) as unknown as Promise<never>;
    }
  }
  const slow = new Pool({ connectionString: url, Client: SlowClient as typeof Client, max: 1 });
  t.teardown(() => slow.end());
  const clock = await startDatabaseClock(slow, logger);
  t.teardown(() => clock.stop());
  const ahead = await aheadMs(clock);
  t.ok(Math.abs(ahead) < TOLERATED_MS, `${ahead} ms ahead`);
});
