import t from 'tap';
import type { Test } from 'tap';
import { buildApp } from '../../src/app.ts';
import { createLogger } from '../../src/base/logger.ts';
import { testReceiverHandlers } from '../../src/test-receiver/test-receiver.handlers.ts';
import { createTestReceiver, type TestReceiver } from '../../src/test-receiver/test-receiver.ts';
import { startApi } from '../helpers/api.ts';
import { apiDocument, buildCall } from '../helpers/contract.ts';

const start = (t: Test, receiver: TestReceiver | undefined = createTestReceiver()) =>
  startApi(t, testReceiverHandlers({ receiver }));

const json = { 'content-type': 'application/json' };

t.test('a request is kept as it came and can be read back', async (t) => {
  const { call } = await start(t);
  const body = '{"big":12345678901234567890, "a":1, "a":2, "é":"\\u0000"}';
  const sent = await call('POST', '/webhook', { headers: { ...json, 'x-attempt': '1' }, body });
  t.equal(sent.status, 200);

  const { body: list } = await call('GET', '/webhook');
  t.equal(list.next_cursor, null);
  t.equal(list.data.length, 1);
  const [kept] = list.data;
  t.match(kept.headers, { ...json, 'x-attempt': '1', host: /^127\.0\.0\.1:/ });
  t.ok(Math.abs(Date.parse(kept.received_at) - Date.now()) < 5_000);
  t.match(kept, {
    id: sent.body.id,
    status: 200,
    body,
    body_bytes: Buffer.byteLength(body),
  });
});

t.test('a body of any media type is kept', async (t) => {
  const { call } = await start(t);
  for (const type of ['text/plain', 'application/octet-stream', 'image/png']) {
    const headers = { 'content-type': type };
    t.equal((await call('POST', '/webhook', { headers, body: 'a=1' })).status, 200, type);
  }
  const { body } = await call('GET', '/webhook?limit=1');
  t.match(body.data, [{ body: 'a=1', body_bytes: 3 }]);
});

t.test('the status asked for is answered', async (t) => {
  const { call } = await start(t);
  for (const status of [200, 201, 204, 205, 304, 400, 404, 410, 429, 500, 503, 599]) {
    const answer = await call('POST', `/webhook?status=${status}`, { headers: json, body: '{}' });
    t.equal(answer.status, status);
  }
  const { body } = await call('GET', '/webhook?limit=2');
  t.same(
    body.data.map(({ status }: { status: number }) => status),
    [599, 503],
  );
  for (const query of ['status=199', 'status=600', 'delay_ms=-1', 'delay_ms=60001', 'other=1']) {
    t.equal((await call('POST', `/webhook?${query}`)).status, 400, query);
  }
});

t.test('the answer waits as long as it is asked to', async (t) => {
  const { call } = await start(t);
  const startedAt = performance.now();
  await call('POST', '/webhook?delay_ms=120', { headers: json, body: '{}' });
  t.ok(performance.now() - startedAt >= 119);
});

t.test('a sender that gives up does not keep a closing process waiting', async (t) => {
  const { app, origin } = await start(t);
  const givingUp = new AbortController();
  const sent = fetch(`${origin}/webhook?delay_ms=60000`, {
    method: 'POST',
    headers: json,
    body: '{}',
    signal: givingUp.signal,
  });
  setTimeout(() => givingUp.abort(), 50);
  await t.rejects(sent);
  const startedAt = performance.now();
  await app.close();
  t.ok(performance.now() - startedAt < 30_000, 'not for the whole minute');
});

t.test('only the last hundred requests are kept, and of large ones fewer', async (t) => {
  const receiver = createTestReceiver();
  const keep = (id: string, body: Buffer) =>
    receiver.keep({ id, receivedAt: new Date(), status: 200, headers: {}, body });
  for (let index = 0; index < 150; index += 1) keep(String(index), Buffer.from('{}'));
  t.same(
    receiver.list(200).map(({ id }) => id),
    Array.from({ length: 100 }, (_, index) => String(149 - index)),
  );

  for (let index = 0; index < 20; index += 1) keep(`large ${index}`, Buffer.alloc(1_048_576));
  t.equal(receiver.list(200).length, 16);
  t.equal(receiver.list(1)[0]?.id, 'large 19');
});

t.test('switched off, both operations are 404', async (t) => {
  const { call } = await start(t);
  t.equal((await call('GET', '/webhook')).status, 200);

  const app = await buildApp({
    logger: createLogger({ logLevel: 'silent' }),
    document: apiDocument,
    handlers: {
      ...Object.fromEntries(apiDocument.operations.map(({ id }) => [id, () => undefined])),
      ...testReceiverHandlers({ receiver: undefined }),
    } as never,
  });
  t.teardown(() => app.close());
  const off = buildCall(t, await app.listen({ host: '127.0.0.1', port: 0 }));
  for (const [method, body] of [['GET'], ['POST', '{}']] as const) {
    const answer = await off(method, '/webhook', body === undefined ? {} : { headers: json, body });
    t.equal(answer.status, 404);
    t.equal(answer.body.code, 'not_found');
  }
});
