import t from 'tap';
import type { Pool } from 'pg';
import { createDatabase } from '../../src/database/database.ts';
import { createCustodyInquiry } from '../../src/workers/custody-inquiry.ts';
import { createDeliveryService } from '../../src/log/deliveries.service.ts';
import type { DeliveryStatus } from '../../src/queue/delivery.ts';
import { rescueLost } from '../../src/queue/rescue.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { seedEnded } from '../helpers/replays.ts';
import { requestOf, useStorage } from '../helpers/storage.ts';

const { pool, db, url } = await createTestDatabase(t);
const { acceptAll, addSubscription, clearJobs, queueOutbox } = useStorage(pool);

type Statement = { text: string; values: unknown[] };

/** The pool, telling what is asked of it. */
function listenTo(asked: Statement[]): Pool {
  return {
    async connect() {
      const client = await pool.connect();
      return {
        query(text: string, values: unknown[]) {
          asked.push({ text, values });
          return client.query(text, values);
        },
        release: () => client.release(),
      };
    },
  } as unknown as Pool;
}

const asked: Statement[] = [];
const deliveries = createDeliveryService({
  db: createDatabase(listenTo(asked)),
  inquiry: createCustodyInquiry({
    db,
    pool,
    databaseUrl: url,
    local: new Map(),
    logger: createLogger({ logLevel: 'silent' }),
  }),
  subscriptions: { get: async () => ({ status: 'active' }) },
});

/** The definitions of the indexes that the list's last statement is read from. */
async function indexesOf(tenant: string, statuses: readonly DeliveryStatus[]): Promise<string[]> {
  await deliveries.list({ tenant, statuses }, { limit: 51 });
  const { text, values } = asked.at(-1) as Statement;
  const plan = await pool.query(`explain (format json) ${text}`, values);
  const names = [...JSON.stringify(plan.rows).matchAll(/"Index Name":"([^"]+)"/g)].map(
    ([, name]) => name,
  );
  const { rows: found } = await pool.query(
    `select pg_get_indexdef(('posthorn.' || quote_ident(name))::regclass) as definition
    from unnest($1::text[]) as name`,
    [names],
  );
  return found.map(({ definition }) => definition as string);
}

t.test('what ended undelivered is read from the index of what did not go well', async (t) => {
  const tenant = 'few-among-many';
  const subscriptionId = await addSubscription({ tenant });
  await seedEnded(pool, { tenant, subscriptionId, count: 20_000, status: 'delivered' });
  await seedEnded(pool, { tenant, subscriptionId, count: 5 });
  await pool.query('analyze posthorn.deliveries');
  for (const statuses of [
    ['failed', 'discarded', 'cancelled'],
    ['failed'],
    ['failed', 'pending'],
  ] as const) {
    const indexes = await indexesOf(tenant, statuses);
    t.ok(indexes.length > 0);
    t.ok(
      indexes.some((definition) => definition.includes('reason IS NOT NULL')),
      String(statuses),
    );
    if (!statuses.some((status) => status === 'pending')) {
      t.ok(indexes.every((definition) => definition.includes('reason IS NOT NULL')));
    }
  }
});

t.test('what a long transaction has published is pending from its commit', async (t) => {
  const tenant = 'long-transaction';
  await addSubscription({ tenant });
  const [[answer] = []] = await acceptAll([requestOf({ tenant })], Date.now() - 7_200_000);
  const id = answer?.deliveryId as string;
  const findPending = async () => {
    const rows = await deliveries.list({ tenant, statuses: ['pending'] }, { limit: 51 });
    return rows.map((row) => row.id);
  };
  await clearJobs();
  await pool.query('select posthorn.defer_deliveries(array[$1::uuid])', [id]);
  t.strictSame(await findPending(), [id], 'in the outbox');
  await queueOutbox();
  t.strictSame(await findPending(), [id], 'on the queue');
  await clearJobs();
  await rescueLost(pool, 100);
  t.strictSame(await findPending(), [id], 'lost and rescued');
});
