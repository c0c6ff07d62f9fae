import pg from 'pg';
import t from 'tap';
import { createTestDatabase, type Teardown } from '../helpers/postgres.ts';
import { useStorage } from '../helpers/storage.ts';

const { pool, url } = await createTestDatabase(t);
const { addSubscription, deliveriesOf, queued, queueOutbox, clearJobs } = useStorage(pool);
t.beforeEach(async () => {
  await queueOutbox();
  await clearJobs();
});

/** An application with a session of its own, as psql would be. */
async function openSession(t: Teardown): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

const findEvent = async (id: string) =>
  (
    await pool.query(
      `select tenant, event_type, payload, payload_bytes, headers, idempotency_key, ordering_key
  from posthorn.events where id = $1`,
      [id],
    )
  ).rows[0];

t.test('what a transaction publishes is there once it commits', async (t) => {
  const subscriptionId = await addSubscription({ tenant: 'commit' });
  const session = await openSession(t);
  await session.query('begin');
  await session.query('create temporary table orders (id int)');
  await session.query('insert into orders values (7)');
  const {
    rows: [{ id }],
  } = await session.query(
    `select posthorn.publish('order.created', '{"id": 7}', tenant => 'commit') as id`,
  );
  t.equal(await findEvent(id), undefined, 'and not before');
  t.strictSame(await queued(), []);
  await session.query('commit');
  t.match(await findEvent(id), {
    tenant: 'commit',
    event_type: 'order.created',
    payload: '{"id": 7}',
    payload_bytes: 9,
    headers: null,
    idempotency_key: null,
    ordering_key: null,
  });
  const deliveries = await deliveriesOf(id);
  t.match(deliveries, [{ subscription_id: subscriptionId, status: 'pending' }]);
  t.strictSame(await queued(), [], 'queued by nobody within the transaction');
  await queueOutbox();
  t.strictSame(
    await queued(),
    deliveries.map((delivery) => delivery.id),
  );
});

t.test('what a transaction publishes was never there when it rolls back', async (t) => {
  await addSubscription({ tenant: 'rollback' });
  const session = await openSession(t);
  await session.query('begin');
  await session.query(
    `select posthorn.publish('order.created', '{}', tenant => 'rollback', idempotency_key => 'k')`,
  );
  await session.query('rollback');
  const { rows } = await pool.query(
    `select (select count(*)::int from posthorn.events where tenant = 'rollback') as events,
      (select count(*)::int from posthorn.deliveries where tenant = 'rollback') as deliveries,
      (select count(*)::int from posthorn.idempotency_keys where tenant = 'rollback') as keys`,
  );
  t.strictSame(rows, [{ events: 0, deliveries: 0, keys: 0 }]);
  await queueOutbox();
  t.strictSame(await queued(), []);
});

t.test('several events of one transaction commit together, in order', async (t) => {
  const session = await openSession(t);
  await session.query('begin');
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { rows } = await session.query(
      `select posthorn.publish('step', to_json($1::int)) as id`,
      [n],
    );
    ids.push(rows[0].id);
  }
  await session.query('commit');
  const { rows } = await pool.query(
    'select payload from posthorn.events where id = any ($1) order by id',
    [ids],
  );
  t.strictSame(
    rows.map(({ payload }) => payload),
    ['0', '1', '2', '3', '4'],
  );
});

t.test('the payload is kept exactly as it is written', async (t) => {
  for (const payload of [
    '{"b":1.0,"a":12345678901234567890,"a":2}',
    ' [1,\n2] ',
    '"\\u0000\\u001e"',
    'null',
    '"é😀"',
  ]) {
    const { rows } = await pool.query('select posthorn.publish($1, $2::json) as id', [
      'a',
      payload,
    ]);
    t.match(await findEvent(rows[0].id), { payload, payload_bytes: Buffer.byteLength(payload) });
  }
});

t.test("tenant, ordering key and headers are the event's own", async (t) => {
  const { rows } = await pool.query(
    `select posthorn.publish('a', '{}', tenant => 'acme', ordering_key => 'o1',
      headers => '{"X-Trace": "t"}') as id`,
  );
  t.match(await findEvent(rows[0].id), {
    tenant: 'acme',
    ordering_key: 'o1',
    headers: { 'X-Trace': 't' },
  });
});

t.test('the same key and event answers the first event, another event is refused', async (t) => {
  const publish = async (payload: string, more = '') =>
    (
      await pool.query(
        `select posthorn.publish('a', $1::json, 'keyed', idempotency_key => 'k' ${more}) as id`,
        [payload],
      )
    ).rows[0].id;
  const id = await publish('{"n":1}');
  t.equal(await publish('{"n":1}'), id);
  const conflict = { code: '23505', message: 'idempotency_key: "k" was used for another event' };
  await t.rejects(publish('{"n":2}'), conflict);
  await t.rejects(publish('{"n":1}', `, ordering_key => 'o'`), conflict);
  await t.rejects(publish('{"n":1}', `, headers => '{"X-A": "1"}'`), conflict);
  const { rows } = await pool.query(
    `select count(*)::int from posthorn.events where tenant = 'keyed'`,
  );
  t.strictSame(rows, [{ count: 1 }]);
});

t.test('two transactions with one key make one event', async (t) => {
  const publish = `select posthorn.publish('a', '{}', 'waiting', idempotency_key => 'k') as id`;
  const [first, second] = [await openSession(t), await openSession(t)];
  await first.query('begin');
  const {
    rows: [{ id }],
  } = await first.query(publish);
  const waiting = second.query(publish);
  await first.query('commit');
  t.equal((await waiting).rows[0].id, id);
});

t.test('bad arguments are refused with the name of the argument', async (t) => {
  const many = `(select jsonb_object_agg('x-' || n, '') from generate_series(1, 51) as n)`;
  const refused: Record<string, string[]> = {
    event_type: [
      `null, '{}'`,
      `'', '{}'`,
      `'a b', '{}'`,
      `'a*', '{}'`,
      `e'a\n', '{}'`,
      `repeat('x', 129), '{}'`,
      `'posthorn.subscription.disabled', '{}'`,
      `'PostHorn.subscription.disabled', '{}'`,
    ],
    payload: [`'a', null`, `'a', to_json(repeat('x', 1048576))`],
    tenant: [`'a', '{}', tenant => null`, `'a', '{}', tenant => ''`, `'a', '{}', tenant => 'a b'`],
    idempotency_key: [
      `'a', '{}', idempotency_key => ''`,
      `'a', '{}', idempotency_key => repeat('x', 256)`,
      `'a', '{}', idempotency_key => 'é'`,
    ],
    ordering_key: [`'a', '{}', ordering_key => ''`, `'a', '{}', ordering_key => repeat('x', 257)`],
    headers: [
      `'a', '{}', headers => '[]'`,
      `'a', '{}', headers => '"x"'`,
      `'a', '{}', headers => 'null'`,
      `'a', '{}', headers => '{"x-a": 1}'`,
      `'a', '{}', headers => '{"Host": "a"}'`,
      `'a', '{}', headers => '{"X-A": "1", "x-a": "2"}'`,
      `'a', '{}', headers => '{"bad name": ""}'`,
      `'a', '{}', headers => '{"webhook-id": ""}'`,
      `'a', '{}', headers => '{"x-a": "a\\nb"}'`,
      `'a', '{}', headers => ${many}`,
    ],
  };
  for (const [name, calls] of Object.entries(refused)) {
    for (const args of calls) {
      const message = new RegExp(`^${name}(:| must)`);
      await t.rejects(
        pool.query(`select posthorn.publish(${args})`),
        { code: '22023', message },
        args,
      );
    }
  }
  await t.rejects(
    pool.query(`select posthorn.publish('a', '{')`),
    { code: '22P02' },
    'what is not JSON',
  );
});

t.test('a refused header is named with its reason', async (t) => {
  await t.rejects(
    pool.query(`select posthorn.publish('a', '{}', headers => '{"Transfer-Encoding": "chunked"}')`),
    { message: 'headers: the header "Transfer-Encoding" is set by the connection' },
  );
});

t.test(
  'an event whose payload has to keep to a schema is refused, one that is only warned of is not',
  async (t) => {
    await pool.query(`insert into posthorn.event_types (tenant, name, schema, enforce)
    values ('typed', 'strict', '{}', 'reject'), ('typed', 'loose', '{}', 'warn')`);
    await t.rejects(pool.query(`select posthorn.publish('strict', '{}', 'typed')`), {
      code: '0A000',
      message: /^event_type: payloads of strict/,
      hint: /POST \/events/,
    });
    await pool.query(`select posthorn.publish('loose', '{}', 'typed')`);
    await pool.query(`select posthorn.publish('strict', '{}', 'other')`);
  },
);

t.test("no notification is sent in the caller's transaction", async (t) => {
  await addSubscription({ tenant: 'quiet' });
  const listener = await openSession(t);
  const heard: string[] = [];
  listener.on('notification', ({ channel }) => heard.push(channel));
  await listener.query('listen "jobs:insert"');
  await pool.query(`select posthorn.publish('a', '{}', 'quiet')`);
  await listener.query('select 1');
  t.strictSame(heard, []);
  await queueOutbox();
  await listener.query('select 1');
  t.strictSame(heard, ['jobs:insert'], 'but by the worker that queues it');
});

t.test('settings of the caller change nothing', async (t) => {
  const subscriptionId = await addSubscription({ tenant: 'settings' });
  const session = await openSession(t);
  const settings = {
    datestyle: 'German',
    intervalstyle: 'iso_8601',
    array_nulls: 'off',
    extra_float_digits: '-15',
    standard_conforming_strings: 'off',
    search_path: 'pg_temp',
    timezone: 'Pacific/Apia',
    bytea_output: 'escape',
    default_transaction_isolation: 'serializable',
    enable_indexscan: 'off',
    transform_null_equals: 'on',
    escape_string_warning: 'off',
  };
  for (const [name, value] of Object.entries(settings)) {
    await session.query(`select set_config('${name}', '${value}', false)`);
  }
  const {
    rows: [{ id }],
  } = await session.query(
    `select posthorn.publish('a.b', '{"a":1.50}', 'settings', 'k', 'o', '{"X-A": "1"}') as id`,
  );
  t.match(await findEvent(id), {
    tenant: 'settings',
    event_type: 'a.b',
    payload: '{"a":1.50}',
    headers: { 'X-A': '1' },
    idempotency_key: 'k',
    ordering_key: 'o',
  });
  t.match(await deliveriesOf(id), [{ subscription_id: subscriptionId, status: 'pending' }]);
  const [again] = (
    await pool.query(
      `select posthorn.publish('a.b', '{"a":1.50}', 'settings', 'k', 'o', '{"X-A": "1"}') as id`,
    )
  ).rows;
  t.equal(again.id, id, 'the same hash under other settings');
});

t.test("tables and functions of the caller's own schema are not taken for ours", async (t) => {
  const session = await openSession(t);
  await session.query(`create temporary table events (id uuid)`);
  await session.query(`create temporary table subscriptions (id uuid)`);
  await session.query(`create schema trap`);
  await session.query(
    `create function trap.uuid_v7() returns uuid language plpgsql as $$ begin raise 'trapped'; end $$`,
  );
  await session.query(
    `create function trap.octet_length(text) returns int language plpgsql as $$ begin raise 'trapped'; end $$`,
  );
  await session.query('set search_path = pg_temp, trap, pg_catalog');
  await t.resolves(session.query(`select posthorn.publish('a', '{}')`));
});

for (const isolation of ['repeatable read', 'serializable']) {
  t.test(`transactions at ${isolation} that publish beside each other all commit`, async (t) => {
    await addSubscription({ tenant: 'isolated' });
    const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession(t)));
    for (let round = 0; round < 5; round += 1) {
      for (const session of sessions) await session.query(`begin isolation level ${isolation}`);
      for (const [n, session] of sessions.entries()) {
        const key = n % 2 === 0 ? null : `${isolation} ${round} ${n}`;
        await session.query(`select posthorn.publish('a', '{}', 'isolated', $1)`, [key]);
      }
      for (const session of sessions) await session.query('commit');
    }
    t.pass();
  });
}

t.test('what is left in the outbox is queued once, however many look', async (t) => {
  await addSubscription({ tenant: 'outbox' });
  const ids: string[] = [];
  for (let n = 0; n < 40; n += 1) {
    const { rows } = await pool.query(`select posthorn.publish('a', '{}', 'outbox') as id`);
    ids.push(rows[0].id);
  }
  const counts = await Promise.all(Array.from({ length: 8 }, () => queueOutbox(10)));
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    40,
  );
  const { rows } = await pool.query(
    `select id from posthorn.deliveries where tenant = 'outbox' order by event_id`,
  );
  t.strictSame((await queued()).toSorted(), rows.map(({ id }) => id).toSorted());
  t.equal(await queueOutbox(), 0);
});

t.test('an empty outbox costs no transaction id', async (t) => {
  const session = await openSession(t);
  await session.query('begin');
  await session.query('select posthorn.queue_outbox(256)');
  const { rows } = await session.query('select pg_current_xact_id_if_assigned() as id');
  t.strictSame(rows, [{ id: null }]);
});
