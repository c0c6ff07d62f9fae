import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { bodyHmac } from '../../src/sender/hmac.ts';
import { buildClient, spawnPosthorn, startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const receiver = await startReceiver(t);
const service = await startService(t, { hasWorker: false });
const { call, post, publish, pool } = service;

const SCHEMA = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, note: { type: 'string', maxLength: 3 } },
};
for (const enforce of ['off', 'warn', 'reject']) {
  await call('POST', '/event-types', { json: { name: `is.${enforce}`, schema: SCHEMA, enforce } });
}
const countEvents = async (): Promise<number> =>
  (await pool.query('select count(*)::integer as count from posthorn.events')).rows[0].count;
const send = (events: unknown) => post('/events', JSON.stringify(events));

t.test('what is rejected is 422, says where, and leaves nothing', async (t) => {
  const before = await countEvents();
  t.match(await send({ event_type: 'is.reject', payload: { id: '1', note: 'long' } }), {
    status: 422,
    body: {
      code: 'invalid_payload',
      errors: [
        { pointer: '/payload/id', detail: 'must be integer' },
        { pointer: '/payload/note', detail: 'must NOT have more than 3 characters' },
      ],
    },
  });
  t.equal(await countEvents(), before);
  t.match(await send({ event_type: 'is.reject', payload: { id: 1 } }), { status: 202 });
});

t.test('a batch is refused whole, and its faults name their events', async (t) => {
  const before = await countEvents();
  const answer = await send([
    { event_type: 'is.reject', payload: { id: 1 } },
    { event_type: 'is.reject', payload: { id: 1.5 } },
    { event_type: 'is.warn', payload: {} },
    { event_type: 'is.reject', payload: null },
  ]);
  t.match(answer, { status: 422, body: { code: 'invalid_payload' } });
  t.strictSame(
    answer.body.errors.map(({ pointer }: any) => pointer),
    ['/1/payload/id', '/3/payload'],
  );
  t.equal(await countEvents(), before);
});

t.test('what is warned of is accepted, and the answer, a metric and the log say so', async (t) => {
  t.match(await publish({ event_type: 'is.warn', payload: {} }), {
    warnings: [{ pointer: '/payload/id', detail: 'is required' }],
  });
  const { data, warnings } = await publish([
    { event_type: 'is.off', payload: {} },
    { event_type: 'is.warn', payload: { id: true } },
  ]);
  t.equal(data.length, 2);
  t.strictSame(warnings, [{ pointer: '/1/payload/id', detail: 'must be integer' }]);
  t.notOk('warnings' in (await publish({ event_type: 'is.warn', payload: { id: 1 } })));
  const { text } = await call('GET', '/metrics');
  t.match(text, /posthorn_payload_violations_total\{enforced="warn"\} 2/);
  t.match(text, /posthorn_payload_violations_total\{enforced="reject"\} \d/);
});

t.test('so it is on both ways of ingesting', async (t) => {
  const { id, secret } = await service.subscribe(receiver.url, {
    event_types: ['is.*'],
    ingest_signature: 'required',
  });
  const signed = (path: string, body: string, type: string, key = secret) =>
    post(path, body, {
      'x-event-type': type,
      'x-signature': bodyHmac(key, body),
    });
  const before = await countEvents();
  t.match(await signed(`/ingest/${id}`, '{"id":"x"}', 'is.reject'), {
    status: 422,
    body: { errors: [{ pointer: '/id' }] },
  });
  t.match(
    await signed(`/ingest/${id}`, '{"id":"x"}', 'is.reject', 'whsec_d3Jvbmc='),
    {
      status: 401,
    },
    'who may not send is not told of schemas',
  );
  const envelope = (type: string, body: unknown) =>
    JSON.stringify({ subscription_id: id, event_type: type, body });
  t.match(await signed('/ingest', envelope('is.reject', { id: [] }), ''.padEnd(1, 'x')), {
    status: 422,
    body: { errors: [{ pointer: '/body/id' }] },
  });
  t.equal(await countEvents(), before);
  t.match(await signed(`/ingest/${id}`, '{}', 'is.warn'), {
    status: 202,
    body: { warnings: [{ pointer: '/id', detail: 'is required' }] },
  });
  t.match(await signed('/ingest', envelope('is.warn', 7), 'x'), {
    status: 202,
    body: { warnings: [{ pointer: '/body', detail: 'must be object' }] },
  });
  t.match(await signed(`/ingest/${id}`, '{"id":1}', 'is.reject'), { status: 202 });
  const { id: deaf } = await service.subscribe(receiver.url, { event_types: ['nothing.else'] });
  t.equal((await post(`/ingest/${deaf}`, '{}', { 'x-event-type': 'is.reject' })).status, 204);
});

t.test("another tenant's types are nobody else's", async (t) => {
  t.match(await send({ tenant: 'acme', event_type: 'is.reject', payload: 1 }), { status: 202 });
});

t.test('a change is in force once it has been answered', async (t) => {
  const event = { event_type: 'is.changing', payload: 'x' };
  t.equal((await send(event)).status, 202);
  await call('POST', '/event-types', {
    json: { name: 'is.changing', schema: { type: 'integer' }, enforce: 'reject' },
  });
  t.equal((await send(event)).status, 422);
  await call('PATCH', '/event-types/is.changing?allow_breaking=true', {
    json: { schema: { type: 'string' } },
  });
  t.equal((await send(event)).status, 202);
  await call('PATCH', '/event-types/is.changing?allow_breaking=true', {
    json: { schema: { type: 'null' } },
  });
  t.equal((await send(event)).status, 422);
  await call('PATCH', '/event-types/is.changing', { json: { enforce: 'off' } });
  t.equal((await send(event)).status, 202);
  await call('PATCH', '/event-types/is.changing', { json: { enforce: 'reject' } });
  t.equal((await send(event)).status, 422);
  await call('DELETE', '/event-types/is.changing');
  t.equal((await send(event)).status, 202);
  await call('POST', '/event-types', {
    json: { name: 'is.changing', schema: { type: 'array' }, enforce: 'reject' },
  });
  t.equal((await send(event)).status, 422, 'one of the same name and version, made anew');
});

t.test('what is born with objects is not in a payload', async (t) => {
  const schema = { type: 'object', required: ['constructor', 'toString'] };
  await call('POST', '/event-types', { json: { name: 'is.born', schema, enforce: 'reject' } });
  t.match(await send({ event_type: 'is.born', payload: {} }), {
    status: 422,
    body: { errors: [{ pointer: '/payload/constructor' }, { pointer: '/payload/toString' }] },
  });
});

t.test('schemas made to take for ever take no time from others', async (t) => {
  const pairs = (n: number) => [{ $ref: `#/$defs/d${n}` }, { $ref: `#/$defs/d${n}` }];
  const doubling = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`d${n}`, { allOf: pairs(n + 1) }]),
  );
  const deep = (levels: number): object => (levels === 0 ? {} : { not: deep(levels - 1) });
  const never = {
    'refers to itself at once': { $ref: '#' },
    'doubles thirty times': {
      $ref: '#/$defs/d0',
      $defs: { ...doubling, d30: { type: 'integer' } },
    },
    nests: deep(40),
    'has a thousand members': {
      properties: Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`p${n}`, {}])),
    },
    'has a huge pattern': { pattern: 'a?'.repeat(2_000) },
  };
  for (const [what, schema] of Object.entries(never)) {
    const startedAt = performance.now();
    const answer = await call('POST', '/event-types', { json: { name: 'hostile', schema } });
    t.match(answer, { status: 400 }, `one that ${what} is refused`);
    t.ok(performance.now() - startedAt < 10_000);
  }

  const slow = {
    backtracks: [{ pattern: '^(a|a)*$' }, `${'a'.repeat(40)}b`],
    'compares all with all': [
      { uniqueItems: true },
      Array.from({ length: 50_000 }, (_, n) => ({ n })),
    ],
    'branches at each level': [
      { properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } }, required: ['b'] },
      Array.from({ length: 50 }).reduce((value: object) => ({ a: value, b: 1 }), {}),
    ],
    'goes as deep as the payload': [
      { items: { $ref: '#' } },
      JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    ],
  } as const;
  for (const [what, [schema, payload]] of Object.entries(slow)) {
    const name = `slow.${what.replaceAll(' ', '-')}`;
    const made = await call('POST', '/event-types', { json: { name, schema, enforce: 'reject' } });
    t.equal(made.status, 201, what);
    const text = what.startsWith('goes')
      ? `${'['.repeat(100_000)}${']'.repeat(100_000)}`
      : JSON.stringify(payload);
    const body = `{"event_type":"${name}","payload":${text}}`;
    const startedAt = performance.now();
    const answer = await post('/events', body);
    t.match(
      answer,
      { status: 422, body: { errors: [{ pointer: '/payload', detail: /checked/ }] } },
      what,
    );
    t.ok(performance.now() - startedAt < 5_000, what);
  }
});

t.test('types that nobody described', async (t) => {
  for (const [mode, expected] of [
    [
      'warn',
      {
        status: 202,
        body: { warnings: [{ pointer: '/event_type', detail: 'is not in the catalogue' }] },
      },
    ],
    [
      'reject',
      { status: 422, body: { code: 'unknown_event_type', errors: [{ pointer: '/event_type' }] } },
    ],
  ] as const) {
    await t.test(`are ${mode}ed where that is set`, async (t) => {
      const strict = await startService(t, {
        hasWorker: false,
        env: { UNKNOWN_EVENT_TYPES: mode },
      });
      await strict.call('POST', '/event-types', { json: { name: 'is.known' } });
      t.match(await strict.post('/events', '{"event_type":"is.unknown","payload":1}'), expected);
      t.match(await strict.post('/events', '{"event_type":"is.known","payload":1}'), {
        status: 202,
      });
    });
  }
});

t.test('two processes', async (t) => {
  const { address } = await spawnPosthorn(t, 'api', { databaseUrl: service.url });
  const other = buildClient(t, address);
  const event = '{"event_type":"is.shared","payload":"x"}';
  t.equal((await other.post('/events', event)).status, 202);
  await call('POST', '/event-types', {
    json: { name: 'is.shared', schema: { type: 'integer' }, enforce: 'reject' },
  });
  await until(async () => (await other.post('/events', event)).status === 422, {
    what: 'the other process to hear of it',
  });
  await call('PATCH', '/event-types/is.shared', { json: { enforce: 'off' } });
  await until(async () => (await other.post('/events', event)).status === 202, {
    what: 'and of the change',
  });

  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'posthorn listen' and datname = current_database()`);
  await call('PATCH', '/event-types/is.shared', { json: { enforce: 'reject' } });
  await until(async () => (await other.post('/events', event)).status === 422, {
    what: 'the other process to ask the database while nothing is announced',
  });
});
