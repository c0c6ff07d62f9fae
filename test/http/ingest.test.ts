import t from 'tap';
import { eventIdOf, ingestWays, NOBODY } from '../helpers/ingest.ts';
import { NOWHERE } from '../helpers/api.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const { call, post, subscribe, patch, pool, delivery, address } = await startService(t);

const MIB = 1_048_576;
const WAYS = ingestWays(post);

const event = async (id: string) => (await call('GET', `/events/${id}`)).body;
const countDeliveries = async (subscriptionId: string): Promise<number> =>
  (await pool.query('select from posthorn.deliveries where subscription_id = $1', [subscriptionId]))
    .rowCount ?? 0;

t.test('an accepted event names itself and its delivery', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url);
  const { status, body, headers } = await post(`/ingest/${id}`, '{"event":"order.paid"}');
  t.equal(status, 202);
  t.strictSame(Object.keys(body), ['event_id', 'delivery_id']);
  t.equal(headers.get('location'), `/events/${body.event_id}`);
  t.match(await event(body.event_id), {
    id: body.event_id,
    tenant: 'default',
    event_type: 'order.paid',
    payload_bytes: 22,
    idempotency_key: null,
  });
  t.match(await delivery(body.delivery_id), { event_id: body.event_id, subscription_id: id });
  const answer = await WAYS['/ingest'](id, '{}');
  t.equal(answer.status, 202);
  t.strictSame(Object.keys(answer.body), ['request_id']);
  t.equal(answer.headers.get('location'), `/events/${answer.body.request_id}`);
  t.equal((await call('GET', `/status/request/${answer.body.request_id}`)).status, 200);
});

t.test('the event type comes from X-Event-Type, else event_type, else the body', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  const typeOf = async (body: string, headers: Record<string, string> = {}) =>
    (await event((await post(`/ingest/${id}`, body, headers)).body.event_id)).event_type;
  const body = '{"event_type":"from.body","event":"from.body.event"}';
  t.equal(
    await typeOf(body, { 'X-Event-Type': 'from.header', event_type: 'from.other' }),
    'from.header',
  );
  t.equal(await typeOf(body, { event_type: 'from.other' }), 'from.other');
  t.equal(await typeOf(body), 'from.body');
  t.equal(await typeOf('{"event":"from.body.event"}'), 'from.body.event');
  t.equal(await typeOf('{"event_type":5,"event":"b"}'), 'b');
  for (const untyped of [
    '{}',
    '[]',
    '"event"',
    '7',
    'null',
    '[{"event":"a"}]',
    '{"event":{"event":"a"}}',
    '{"event":""}',
  ]) {
    t.equal(await typeOf(untyped), 'untyped', untyped);
  }
});

t.test('an event type that is none is refused, in a header as in the body', async (t) => {
  const { id } = await subscribe(NOBODY);
  for (const name of ['x-event-type', 'event_type']) {
    for (const value of ['order created', 'x'.repeat(129), 'order.*', '']) {
      t.match(
        await post(`/ingest/${id}`, '{}', { [name]: value }),
        {
          status: 400,
          body: { code: 'invalid_request', errors: [{ pointer: /^\/header\// }] },
        },
        `${name}: ${value}`,
      );
    }
  }
  for (const value of ['loyer.payé', 'order created', '']) {
    t.match(
      await post(`/ingest/${id}`, JSON.stringify({ event_type: value })),
      {
        status: 400,
        body: { code: 'invalid_request', errors: [{ pointer: '/event_type' }] },
      },
      value,
    );
  }
  t.equal(await countDeliveries(id), 0);
});

t.test('bytes arrive as they were sent', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { max_concurrency: 1 });
  const bodies = [
    '{"b":1,"a":2,"b":3}',
    '{"n":123456789012345678901234567890.10,"e":1E400,"z":-0}',
    '{"s":"\\u0000\\u001e\\/\\ud83d\\ude00\\ud800"}',
    ' \n{ "a" : [ 1 ,\t2 ] }\r\n',
    '{"é":"😀 ‮ \u2028"}',
    '{"__proto__":{"a":1},"constructor":0}',
    '"text"',
    '0',
    'null',
    '[]',
    `{"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  ];
  for (const body of bodies) {
    for (const send of Object.values(WAYS)) {
      const answer = await send(id, body);
      t.equal(answer.status, 202);
      const payload = await call('GET', `/events/${eventIdOf(answer.body)}/payload`);
      // Of an envelope, white space around the body belongs to the envelope.
      const expected = send === WAYS['/ingest'] ? body.trim() : body;
      t.equal(payload.text, expected);
      t.ok((await receiver.next()).body.equals(Buffer.from(expected)));
    }
  }
});

t.test('the body of an envelope is cut at its own span, wherever it stands', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  const payloadOf = async (text: string) => {
    const { status, body } = await post('/ingest', text);
    t.equal(status, 202, text);
    return (await call('GET', `/events/${body.request_id}/payload`)).text;
  };
  t.equal(
    await payloadOf(
      `{ "body" :\n{"body":[1.0, "}"] }\t, "event_type":"a", "subscription_id":"${id}" }`,
    ),
    '{"body":[1.0, "}"] }',
  );
  t.equal(
    await payloadOf(`{"body":1,"event_type":"a","b\\u006fdy": 2.50 ,"subscription_id":"${id}"}`),
    '2.50',
  );
});

t.test('a body is 1 MiB at the most', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  const ofSize = (size: number) => `"${'x'.repeat(size - 2)}"`;
  t.equal((await post(`/ingest/${id}`, ofSize(MIB))).status, 202);
  t.match(await post(`/ingest/${id}`, ofSize(MIB + 1)), {
    status: 413,
    body: { code: 'payload_too_large' },
  });
  t.match(await post('/ingest', ofSize(MIB + 1)), { status: 413 });
});

t.test('what is not JSON by its media type is 415', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  for (const path of [`/ingest/${id}`, '/ingest']) {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/octet-stream',
    ]) {
      t.match(await post(path, '{}', { 'content-type': type }), {
        status: 415,
        body: { code: 'unsupported_media_type' },
      });
    }
  }
  for (const type of [
    'application/json; charset=utf-8',
    'application/vnd.github+json',
    'APPLICATION/JSON',
  ]) {
    t.equal((await post(`/ingest/${id}`, '{}', { 'content-type': type })).status, 202, type);
  }
});

t.test('a compressed body is 415, and says what is taken', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  for (const [path, body] of [
    [`/ingest/${id}`, '{}'],
    ['/events', '{"event_type":"a","payload":{}}'],
  ] as const) {
    const answer = await post(path, body, { 'content-encoding': 'gzip' });
    t.equal(answer.status, 415, path);
    t.equal(answer.headers.get('accept-encoding'), 'identity');
    t.equal((await post(path, body, { 'content-encoding': 'identity' })).status, 202, path);
  }
});

t.test('what is not JSON, not UTF-8 or begins with a mark is 400', async (t) => {
  const { id } = await subscribe(NOBODY);
  const cases: [string | Buffer, string][] = [
    ['', 'invalid_json'],
    [' ', 'invalid_json'],
    ['{', 'invalid_json'],
    ['{"a":1,}', 'invalid_json'],
    ['{"a":"\u0000"}', 'invalid_json'],
    ['{} {}', 'invalid_json'],
    ["{'a':1}", 'invalid_json'],
    [Buffer.from([0x22, 0xff, 0x22]), 'invalid_encoding'],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'invalid_encoding'],
    [Buffer.from('\ufeff{}'), 'invalid_encoding'],
    [Buffer.from('{}', 'utf16le'), 'invalid_json'],
  ];
  for (const path of [`/ingest/${id}`, '/ingest', '/events']) {
    for (const [body, code] of cases) {
      t.match(
        await post(path, body),
        { status: 400, body: { code } },
        `${path} ${JSON.stringify(body)}`,
      );
    }
  }
  t.equal(await countDeliveries(id), 0);
});

t.test('an envelope that is not one is 400, and says where', async (t) => {
  const { id } = await subscribe(NOBODY);
  const cases: [string, string][] = [
    ['[]', ''],
    ['7', ''],
    [`{"event_type":"a","body":1}`, '/subscription_id'],
    [`{"subscription_id":"${id}","body":1}`, '/event_type'],
    [`{"subscription_id":"${id}","event_type":"a"}`, '/body'],
    [`{"subscription_id":"7","event_type":"a","body":1}`, '/subscription_id'],
    [`{"subscription_id":"${id}","event_type":"a b","body":1}`, '/event_type'],
    [`{"subscription_id":"${id}","event_type":"a","body":1,"extra":1}`, '/extra'],
    [`{"subscription_id":"${id}","event_type":"a","body":1,"__proto__":1}`, '/__proto__'],
  ];
  for (const [body, pointer] of cases) {
    t.match(
      await post('/ingest', body),
      {
        status: 400,
        body: { code: 'invalid_request', errors: [{ pointer }] },
      },
      body,
    );
  }
});

t.test('an unknown subscription is 404', async (t) => {
  for (const send of Object.values(WAYS)) {
    t.match(await send(NOWHERE, '{}'), { status: 404, body: { code: 'subscription_not_found' } });
  }
  const { id } = await subscribe(NOBODY);
  await WAYS['/ingest/{id}'](id, '{}');
  await call('DELETE', `/subscriptions/${id}`);
  for (const send of Object.values(WAYS))
    t.equal((await send(id, '{}')).status, 404, 'deleted a moment ago');
  t.equal((await post('/ingest/7', '{}')).status, 400);
});

t.test('a type that is not wanted is 204 and nothing is queued', async (t) => {
  const { id } = await subscribe(NOBODY, { event_types: ['order.*', 'invoice.paid'] });
  for (const send of Object.values(WAYS)) {
    t.match(await send(id, '{}', {}, 'user.created'), { status: 204, text: '' });
    t.equal(await countDeliveries(id), 0);
  }
  t.match(await post(`/ingest/${id}`, '{}'), { status: 204 }, 'untyped');
  for (const send of Object.values(WAYS))
    t.equal((await send(id, '{}', {}, 'order.paid')).status, 202);
  await patch(id, { event_types: ['user.created'] });
  for (const send of Object.values(WAYS))
    t.equal((await send(id, '{}', {}, 'order.paid')).status, 204, 'at once');
});

t.test('a paused subscription takes an event and holds it', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  const { status, body } = await post(`/ingest/${id}`, '{}');
  t.equal(status, 202);
  t.match(await delivery(body.delivery_id), {
    status: 'pending',
    reason: 'subscription_paused',
    attempt_count: 0,
  });
});

t.test(
  'a change of the subscription that races with ingest never loses or misroutes an event',
  async (t) => {
    const { id } = await subscribe(NOBODY, { status: 'paused' });
    const changes = (async () => {
      for (let n = 0; n < 10; n += 1) await patch(id, { name: `n${n}` });
    })();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post(`/ingest/${id}`, '{}')),
    );
    await changes;
    const accepted = answers.filter(({ status }) => status === 202).length;
    t.ok(answers.every(({ status }) => status === 202 || status === 409));
    t.equal(await countDeliveries(id), accepted);
  },
);

t.test('an unknown method is 405, and GET finds nothing to ingest', async (t) => {
  const { status } = await fetch(`${address}/ingest/${NOWHERE}`);
  t.ok([404, 405].includes(status));
});
