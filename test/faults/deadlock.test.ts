import t from 'tap';
import { createAcceptService } from '../../src/events/accept.service.ts';
import { idAt, requestOf, useStorage } from '../helpers/storage.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

t.test('a batch that loses a deadlock against a migration is accepted all the same', async (t) => {
  const { pool } = await createTestDatabase(t);
  const storage = useStorage(pool);
  await storage.addSubscription();
  const accept = createAcceptService({ pool, concurrency: 1, now: Date.now });
  await accept.accept(requestOf());

  const migration = await pool.connect();
  t.teardown(async () => void migration.release());
  // Whoever waits for longest looks for a deadlock first and is the one that is taken back.
  await migration.query(`begin; set local deadlock_timeout = '1min'`);
  await migration.query('lock table posthorn.deliveries in access exclusive mode');
  const accepted = accept.accept(requestOf());
  await until(async () => {
    const { rows } = await pool.query('select from pg_locks where not granted');
    return rows.length > 0;
  });
  await migration.query('lock table posthorn.events in access exclusive mode');
  await migration.query('commit');

  const [answer] = await accepted;
  t.match(answer, { outcome: 'accepted', deliveryCount: 1 });
  t.equal((await storage.deliveriesOf(answer?.eventId ?? idAt(0))).length, 1);
  await until(async () => {
    const { rows } = await pool.query(
      'select from pg_stat_database where datname = current_database() and deadlocks > 0');
    return rows.length > 0;
  }, { what: 'the deadlock that this is about' });
});
