import pg from 'pg';
import t from 'tap';
import { createTestDatabase, type Teardown } from '../helpers/postgres.ts';
import { useStorage } from '../helpers/storage.ts';

const { pool, url } = await createTestDatabase(t);
const { addSubscription, deliveriesOf, queued, clearJobs } = useStorage(pool);
t.beforeEach(async () => void (await clearJobs()));

/** An application with a session of its own, as psql would be. */
async function openSession(t: Teardown): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

const findEvent = async (id: string) => (await pool.query(
  `select tenant, event_type, payload, payload_bytes, headers, idempotency_key, ordering_key
  from posthorn.events where id = $1`, [id])).rows[0];

t.test('what a transaction publishes is there once it commits', async (t) => {
  const subscriptionId = await addSubscription({ tenant: 'commit' });
  const session = await openSession(t);
  await session.query('begin');
  await session.query('create temporary table orders (id int)');
  await session.query('insert into orders values (7)');
  const { rows: [{ id }] } = await session.query(
    `select posthorn.publish('order.created', '{"id": 7}', tenant => 'commit') as id`);
  t.equal(await findEvent(id), undefined, 'and not before');
  t.strictSame(await queued(), []);
  await session.query('commit');
  t.match(await findEvent(id), {
    tenant: 'commit', event_type: 'order.created', payload: '{"id": 7}', payload_bytes: 9,
    headers: null, idempotency_key: null, ordering_key: null,
  });
  const deliveries = await deliveriesOf(id);
  t.match(deliveries, [{ subscription_id: subscriptionId, status: 'pending' }]);
  t.strictSame(await queued(), deliveries.map((delivery) => delivery.id));
});

t.test('what a transaction publishes was never there when it rolls back', async (t) => {
  await addSubscription({ tenant: 'rollback' });
  const session = await openSession(t);
  await session.query('begin');
  await session.query(
    `select posthorn.publish('order.created', '{}', tenant => 'rollback', idempotency_key => 'k')`);
  await session.query('rollback');
  const { rows } = await pool.query(
    `select (select count(*)::int from posthorn.events where tenant = 'rollback') as events,
      (select count(*)::int from posthorn.deliveries where tenant = 'rollback') as deliveries,
      (select count(*)::int from posthorn.idempotency_keys where tenant = 'rollback') as keys`);
  t.strictSame(rows, [{ events: 0, deliveries: 0, keys: 0 }]);
  t.strictSame(await queued(), []);
});

t.test('several events of one transaction commit together, in order', async (t) => {
  const session = await openSession(t);
  await session.query('begin');
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { rows } = await session.query(
      `select posthorn.publish('step', to_json($1::int)) as id`, [n]);
    ids.push(rows[0].id);
  }
  await session.query('commit');
  const { rows } = await pool.query(
    'select payload from posthorn.events where id = any ($1) order by id', [ids]);
  t.strictSame(rows.map(({ payload }) => payload), ['0', '1', '2', '3', '4']);
});

t.test('the payload is kept exactly as it is written', async (t) => {
  for (const payload of ['{"b":1.0,"a":12345678901234567890,"a":2}', ' [1,\n2] ', '"\\u0000\\u001e"', 'null', '"é😀"']) {
    const { rows } = await pool.query('select posthorn.publish($1, $2::json) as id', [
      'a', payload,
    ]);
    t.match(await findEvent(rows[0].id), { payload, payload_bytes: Buffer.byteLength(payload) });
  }
});

t.test('tenant, ordering key and headers are the event\'s own', async (t) => {
  const { rows } = await pool.query(
    `select posthorn.publish('a', '{}', tenant => 'acme', ordering_key => 'o1',
      headers => '{"X-Trace": "t"}') as id`);
  t.match(await findEvent(rows[0].id), {
    tenant: 'acme', ordering_key: 'o1', headers: { 'X-Trace': 't' },
  });
});

t.test('the same key and event answers the first event, another event is refused', async (t) => {
  const publish = async (payload: string, more = '') => (await pool.query(
    `select posthorn.publish('a', $1::json, 'keyed', idempotency_key => 'k' ${more}) as id`, [payload])).rows[0].id;
  const id = await publish('{"n":1}');
  t.equal(await publish('{"n":1}'), id);
  const conflict = { code: '23505', message: 'idempotency key k was used for another event' };
  await t.rejects(publish('{"n":2}'), conflict);
  await t.rejects(publish('{"n":1}', `, ordering_key => 'o'`), conflict);
  await t.rejects(publish('{"n":1}', `, headers => '{"X-A": "1"}'`), conflict);
  const { rows } = await pool.query(
    `select count(*)::int from posthorn.events where tenant = 'keyed'`);
  t.strictSame(rows, [{ count: 1 }]);
});

t.test('two transactions with one key make one event', async (t) => {
  const publish = `select posthorn.publish('a', '{}', 'waiting', idempotency_key => 'k') as id`;
  const [first, second] = [await openSession(t), await openSession(t)];
  await first.query('begin');
  const { rows: [{ id }] } = await first.query(publish);
  const waiting = second.query(publish);
  await first.query('commit');
  t.equal((await waiting).rows[0].id, id);
});

t.test('bad arguments are refused', async (t) => {
  const refused = [
    `null, '{}'`, `'', '{}'`, `'a b', '{}'`, `'a*', '{}'`, `repeat('x', 129), '{}'`,
    `'a', null`, `'a', to_json(repeat('x', 1048576))`,
    `'a', '{}', tenant => null`, `'a', '{}', tenant => ''`, `'a', '{}', tenant => 'a b'`,
    `'a', '{}', idempotency_key => ''`, `'a', '{}', idempotency_key => repeat('x', 256)`,
    `'a', '{}', ordering_key => ''`, `'a', '{}', ordering_key => repeat('x', 257)`,
    `'a', '{}', headers => '[]'`, `'a', '{}', headers => '{"x-a": 1}'`, `'a', '{}', headers => '"x"'`,
  ];
  for (const args of refused) {
    await t.rejects(pool.query(`select posthorn.publish(${args})`), { code: '22023' }, args);
  }
  await t.rejects(
    pool.query(`select posthorn.publish('a', '{')`), { code: '22P02' }, 'what is not JSON');
});
