import t from 'tap';
import { createLogger } from '../../src/base/logger.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { planSweeps } from '../../src/queue/sweep-planner.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const sweepJobs = `select run_at::text, key from ${QUEUE_SCHEMA}._private_jobs as j
  join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
  where t.identifier = 'sweep'`;

t.test(
  "a sweep is planned once a minute by the database's clock, however many workers plan",
  async (t) => {
    const { pool } = await createTestDatabase(t);
    const logger = createLogger({ logLevel: 'silent' });
    for (let i = 0; i < 3; i += 1) t.teardown(planSweeps({ pool, logger }));
    const { rows } = await until(async () => {
      const found = await pool.query(sweepJobs);
      return found.rows.length > 0 && found;
    });
    const moments = rows.map((row) => String(row.run_at));
    t.ok(
      moments.every((moment) => /:00(?:\+|$)/.test(moment)),
      `full minutes: ${moments}`,
    );
    t.equal(new Set(moments).size, moments.length);
    // Two where a minute ended between the three.
    t.ok(moments.length <= 2);
  },
);

t.test(
  'a cron run two hours ahead, as from a worker with a wrong clock, stops no sweep',
  async (t) => {
    const database = await createTestDatabase(t);
    await database.pool.query(
      `insert into ${QUEUE_SCHEMA}._private_known_crontabs (identifier, known_since, last_execution)
    values ('cron:sweep', now(), now() + interval '2 hours')`,
    );
    await startService(t, { database });
    await until(async () => {
      const { rows } = await database.pool.query(sweepJobs);
      return rows.length > 0;
    });
    t.pass('planned all the same');
  },
);
