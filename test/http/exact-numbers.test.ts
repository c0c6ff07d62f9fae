import t, { type Test } from 'tap';
import { bearer } from '../helpers/keys.ts';
import { startService } from '../helpers/service.ts';

const ROOT = 'root-key-of-the-environment';
const { address, call } = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
const JSON_TYPE = 'application/json';

/** As text both ways: what a client of JavaScript would make of it is no matter. */
async function send(method: string, path: string, body?: string, mediaType = JSON_TYPE) {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: { ...bearer(ROOT), ...(body !== undefined && { 'content-type': mediaType }) },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}

const has = (t: Test, { text }: { text: string }, ...parts: string[]) => {
  for (const part of parts) t.ok(text.includes(part), `${part} in ${text}`);
};

const SCHEMA =
  '{"properties":{"account":{"maximum":9223372036854775807},"code":{"const":9007199254740993}}}';
const EXAMPLE = '{"account":820982911946154508,"code":9007199254740993}';

t.test('schemas and examples come back as they were written', async (t) => {
  const made = await send(
    'POST',
    '/event-types',
    `{"name":"a","schema":${SCHEMA},"example":${EXAMPLE}}`,
  );
  t.equal(made.status, 201);
  has(t, made, `"schema":${SCHEMA}`, `"example":${EXAMPLE}`);
  has(t, await send('GET', '/event-types/a'), `"schema":${SCHEMA}`, `"example":${EXAMPLE}`);
  has(t, await send('GET', '/event-types'), `"schema":${SCHEMA}`, `"example":${EXAMPLE}`);
  has(t, await send('GET', '/event-types.json'), `"schema":${SCHEMA}`, `"example":${EXAMPLE}`);
  t.notOk(
    (await send('GET', '/event-types.ts')).text.includes('900719925474099'),
    'nor as another literal',
  );
  has(
    t,
    await send('PATCH', '/event-types/a', '{"example":{"account":820982911946154509}}'),
    '"example":{"account":820982911946154509}',
  );
});

t.test('an example is judged by the numbers that it is written with', async (t) => {
  const refused = await send(
    'POST',
    '/event-types',
    `{"name":"b","schema":${SCHEMA},"example":{"account":9223372036854775808}}`,
  );
  t.equal(refused.status, 400);
  has(t, refused, '"pointer":"/example/account"', 'must be <= 9223372036854775807');
});

t.test('a neighbour is another version, and looser bounds break', async (t) => {
  t.match(await call('GET', '/event-types/a', { headers: bearer(ROOT) }), { body: { version: 1 } });
  const same = await send('PATCH', '/event-types/a', `{"schema":${SCHEMA}}`);
  has(t, same, '"version":1');
  const looser = SCHEMA.replace('9223372036854775807', '9223372036854775808');
  const refused = await send('PATCH', '/event-types/a', `{"schema":${looser}}`);
  t.equal(refused.status, 409);
  has(t, refused, 'is 9223372036854775808, was 9223372036854775807');
  const tighter = SCHEMA.replace('9223372036854775807', '9223372036854775806');
  has(t, await send('PATCH', '/event-types/a', `{"schema":${tighter}}`), '"version":2');
});

t.test('payloads are judged by their decimals', async (t) => {
  const schema = '{"properties":{"fare":{"multipleOf":0.01},"id":{"const":9007199254740992}}}';
  t.equal(
    (
      await send(
        'POST',
        '/event-types',
        `{"name":"fare.paid","schema":${schema},"enforce":"reject"}`,
      )
    ).status,
    201,
  );
  const publish = (payload: string) =>
    send('POST', '/events', `{"event_type":"fare.paid","payload":${payload}}`);
  for (const fare of ['4.02', '0.07', '19.99']) {
    t.equal((await publish(`{"fare":${fare}}`)).status, 202, fare);
  }
  t.equal((await publish('{"fare":4.025}')).status, 422);
  t.equal((await publish('{"id":9007199254740992}')).status, 202);
  has(t, await publish('{"id":9007199254740993}'), '"pointer":"/payload/id"');
});

t.test('a document is imported as it is written, in JSON and in YAML', async (t) => {
  const document = (content: string) =>
    `{"openapi":"3.1.0","webhooks":{"c":{"post":{"requestBody":{"content":{"application/json":{${content}}}}}}}}`;
  const text = document(`"schema":${SCHEMA},"example":${EXAMPLE}`);
  has(t, await send('POST', '/event-types/import', text), '"action":"created"');
  has(t, await send('GET', '/event-types/c'), `"schema":${SCHEMA}`, `"example":${EXAMPLE}`);
  has(t, await send('POST', '/event-types/import', text), '"action":"unchanged"');
  const neighbour = document(`"schema":${SCHEMA},"example":{"account":820982911946154509}`);
  has(t, await send('POST', '/event-types/import', neighbour), '"action":"updated"');

  const yaml = (account: string) => `
openapi: 3.1.0
webhooks:
  d:
    post:
      requestBody:
        content:
          application/json:
            schema:
              properties: { price: { type: string, format: decimal } }
            example: { account: ${account}, price: 'free' }
`;
  const imported = await send(
    'POST',
    '/event-types/import',
    yaml('820982911946154508'),
    'application/yaml',
  );
  has(t, imported, '"action":"created"');
  has(t, await send('GET', '/event-types/d'), '"account":820982911946154508', '"format":"decimal"');
  await send('POST', '/event-types/import', yaml('0x7fffffffffffffff'), 'application/yaml');
  has(t, await send('GET', '/event-types/d'), '"account":9223372036854775807');
  const refused = await send('POST', '/event-types/import', yaml('.inf'), 'application/yaml');
  t.equal(refused.status, 400);
  has(t, refused, '.inf on line 11 is no number that JSON can hold');
});

t.test('the test of a filter shows payloads as they were written', async (t) => {
  const ask = (event: string) =>
    send('POST', '/filters/test', `{"filter":{"payload":{"id":5}},${event}}`);
  has(
    t,
    await ask('"event":{"event_type":"a","payload":{"id":9007199254740993}}'),
    '"actual":[9007199254740993]',
    '"detail":"is not equal"',
  );
  const published = await send(
    'POST',
    '/events',
    '{"event_type":"free","payload":{"id":820982911946154508}}',
  );
  const { id } = JSON.parse(published.text) as { id: string };
  has(t, await ask(`"event_id":"${id}"`), '"actual":[820982911946154508]');
});

t.test('a filter is shown with the numbers it was written with', async (t) => {
  const filter = '{"payload":{"id":{"$lt":9007199254740993}}}';
  const other = '{"payload":{"id":{"$lte":9007199254740993}}}';
  const target = '"target_url":"https://receiver.example/hooks"';
  const made = await send('POST', '/subscriptions', `{${target},"filter":${filter}}`);
  t.equal(made.status, 201);
  has(t, made, `"filter":${filter}`);
  const { id } = JSON.parse(made.text);
  has(t, await send('GET', `/subscriptions/${id}`), `"filter":${filter}`);
  has(t, await send('GET', '/subscriptions'), `"filter":${filter}`);
  has(t, await send('PATCH', `/subscriptions/${id}`, '{"name":"a"}'), `"filter":${filter}`);
  has(t, await send('PATCH', `/subscriptions/${id}`, `{"filter":${other}}`), `"filter":${other}`);
  const event = '"event":{"event_type":"a","payload":{"id":9007199254740994}}';
  const tried = await send('POST', '/filters/test', `{"filter":${filter},${event}}`);
  has(t, tried, '"expected":9007199254740993', '"matches":false');
  const stored = await send('POST', '/filters/test', `{"subscription_id":"${id}",${event}}`);
  has(t, stored, '"expected":9007199254740993', '"matches":false');
  const equal = '{"payload":{"id":9007199254740993}}';
  const refused = await send('POST', '/subscriptions', `{${target},"filter":${equal}}`);
  t.equal(refused.status, 400);
  has(t, refused, 'has too many digits to be compared exactly');
});

t.test("a replay's filter is shown with the numbers it was written with", async (t) => {
  const filter = '{"payload":{"id":{"$lt":9007199254740993}}}';
  const target = '{"target_url":"https://receiver.example/hooks"}';
  const { id } = JSON.parse((await send('POST', '/subscriptions', target)).text);
  const body = `{"source":"events","created_after":"${new Date(Date.now() - 60_000).toISOString()}","filter":${filter}}`;
  const made = await send('POST', `/subscriptions/${id}/replay`, body);
  has(t, made, `"filter":${filter}`);
  const replay = JSON.parse(made.text);
  has(t, await send('GET', `/replays/${replay.id}`), `"filter":${filter}`);
  has(t, await send('GET', '/replays'), `"filter":${filter}`);
  has(t, await send('POST', `/replays/${replay.id}/cancel`), `"filter":${filter}`);
});
