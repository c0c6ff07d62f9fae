import t from 'tap';
import type { Test } from 'tap';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSender } from '../../src/sender/sender.ts';
import type { SenderOptions } from '../../src/sender/sender.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { Answer } from '../helpers/receiver.ts';
import { until } from '../helpers/until.ts';

const guard = createAddressGuard({ allowedPrivateCidrs: ['127.0.0.0/8'] });
const request = { headers: {}, body: '{}', deadlineMs: 5_000 };

function openSender(t: Test, options: Partial<SenderOptions> = {}) {
  const sender = createSender({ guard, userAgent: 'Posthorn/test', ...options });
  t.teardown(() => sender.close());
  return sender;
}

t.test('a connection carries one request after the other', async (t) => {
  const receiver = await startReceiver(t);
  const sender = openSender(t);
  for (let i = 0; i < 50; i += 1) await sender.send({ ...request, url: receiver.url });
  t.equal(receiver.requests.length, 50);
  t.equal(receiver.connectionCount, 1);
});

t.test('requests at once share no connection, and those after them need no new one', async (t) => {
  const receiver = await startReceiver(t, { delayMs: 20 });
  const sender = openSender(t);
  const sendSome = () =>
    Promise.all(Array.from({ length: 40 }, () => sender.send({ ...request, url: receiver.url })));
  const outcomes = [...(await sendSome()), ...(await sendSome())];
  t.ok(outcomes.every((outcome) => outcome.kind === 'responded'));
  t.equal(receiver.connectionCount, 40);
});

t.test('requests that hang hold up no other of their origin', async (t) => {
  const receiver = await startReceiver(t, [...Array<Answer>(300).fill('hang'), 200]);
  const sender = openSender(t);
  for (let i = 0; i < 300; i += 1) void sender.send({ ...request, url: receiver.url });
  await until(() => receiver.requests.length === 300);
  t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'responded' });
});

t.test('an origin that hangs holds up no other', async (t) => {
  const hanging = await startReceiver(t, 'hang');
  const healthy = await startReceiver(t);
  const sender = openSender(t);
  const stuck = Array.from({ length: 100 }, () => sender.send({ ...request, url: hanging.url }));
  for (let i = 0; i < 100; i += 1) {
    t.equal((await sender.send({ ...request, url: healthy.url })).kind, 'responded');
  }
  t.equal(sender.stats.inFlight, 100);
  t.ok((await Promise.all(stuck)).every(({ kind }) => kind === 'timed_out'));
  t.equal(sender.stats.inFlight, 0);
});

t.test('a receiver that closes kept connections loses no request', async (t) => {
  const receiver = await startReceiver(t, { headers: { connection: 'close' } });
  const sender = openSender(t);
  for (let i = 0; i < 20; i += 1) {
    t.equal((await sender.send({ ...request, url: receiver.url })).kind, 'responded');
  }
  t.equal(receiver.connectionCount, 20);
});

t.test('a kept connection found dead is replaced once, within the attempt', async (t) => {
  const receiver = await startReceiver(t, [200, 'close', 200, 'reset', 200]);
  const sender = openSender(t);
  for (const sends of [1, 2, 2]) {
    t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'responded', sends });
  }
  t.equal(receiver.requests.length, 5);
  t.strictSame(
    receiver.requests.map(({ headers }) => headers['posthorn-sends']),
    [undefined, undefined, '2', undefined, '2'],
    'the receiver is told of a second send',
  );
  t.equal(receiver.connectionCount, 3);
});

t.test('a kept connection that closes after work has begun is not sent again', async (t) => {
  const lateClose: Answer = (_request, response) =>
    void setTimeout(() => response.socket?.destroy(), 400);
  const receiver = await startReceiver(t, [200, lateClose, 200]);
  const sender = openSender(t);
  await sender.send({ ...request, url: receiver.url });
  t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'unreachable', sends: 1 });
  t.equal(receiver.requests.length, 2);
});

t.test('a kept connection that has begun to answer is not sent again', async (t) => {
  const halfLine: Answer = (_request, response) => void response.socket?.end('HTTP/1.1 2');
  const receiver = await startReceiver(t, [200, halfLine, 200]);
  const sender = openSender(t);
  await sender.send({ ...request, url: receiver.url });
  t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'protocol', sends: 1 });
  t.equal(receiver.requests.length, 2);
});

t.test(
  'a connection is used for a minute at the most, and the name is looked up again',
  async (t) => {
    const blue = await startReceiver(t);
    const green = await startReceiver(t, 200, { host: '127.0.0.2', port: blue.port });
    let address = '127.0.0.1';
    const sender = openSender(t, {
      connectionMaxAgeMs: 100,
      resolver: { resolve: async () => [address] },
    });
    const url = `http://hooks.example.com:${blue.port}/`;
    await sender.send({ ...request, url });
    address = '127.0.0.2';
    await until(async () => {
      await sender.send({ ...request, url });
      return green.requests.length > 0;
    });
    const before = blue.requests.length;
    for (let i = 0; i < 5; i += 1) await sender.send({ ...request, url });
    t.equal(blue.requests.length, before);
  },
);

t.test('a connection that carried a large body is not used again', async (t) => {
  const receiver = await startReceiver(t);
  const sender = openSender(t);
  for (const size of [65_536, 65_536, 65_537, 1]) {
    await sender.send({ ...request, url: receiver.url, body: 'x'.repeat(size) });
  }
  t.equal(receiver.connectionCount, 2);
});

t.test('a connection is closed before the receiver closes it, as it has announced', async (t) => {
  const receiver = await startReceiver(t, { headers: { 'keep-alive': 'timeout=2' } });
  const sender = openSender(t);
  for (let i = 0; i < 2; i += 1) await sender.send({ ...request, url: receiver.url });
  t.equal(receiver.connectionCount, 2);
});

t.test('a new connection that breaks is a failure at once', async (t) => {
  const receiver = await startReceiver(t, [200, 'close', 'close']);
  const sender = openSender(t);
  await sender.send({ ...request, url: receiver.url });
  t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'unreachable' });
  t.equal(receiver.requests.length, 3);
});

t.test('a kept connection that breaks after the status line is not used again', async (t) => {
  const receiver = await startReceiver(t, [200, 'cut', 200]);
  const sender = openSender(t);
  await sender.send({ ...request, url: receiver.url });
  t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'responded', sends: 1 });
  t.equal(receiver.requests.length, 2);
  await sender.send({ ...request, url: receiver.url });
  t.equal(receiver.connectionCount, 2);
});

t.test('a connection heals after a failure', async (t) => {
  const faults = ['reset', 'garbage', 'cut', 'endless-body', 'close'] satisfies Answer[];
  const receiver = await startReceiver(t, [...faults, 200]);
  const sender = openSender(t);
  const kinds = [];
  for (let i = 0; i < 7; i += 1) {
    kinds.push((await sender.send({ ...request, url: receiver.url })).kind);
  }
  t.strictSame(kinds, [
    'unreachable',
    'protocol',
    'responded',
    'responded',
    'unreachable',
    'responded',
    'responded',
  ]);
});

t.test('origins without traffic are forgotten, with their connections', async (t) => {
  const sender = openSender(t, { originIdleMs: 40 });
  const receivers = await Promise.all(Array.from({ length: 5 }, () => startReceiver(t)));
  await Promise.all(receivers.map(({ url }) => sender.send({ ...request, url })));
  t.equal(sender.stats.origins, 5);
  await until(() => sender.stats.origins === 0);
  await until(() => receivers.every(({ openConnectionCount }) => openConnectionCount === 0));
  t.match(await sender.send({ ...request, url: receivers[0]!.url }), { kind: 'responded' });
});

t.test('an origin in use is not forgotten', async (t) => {
  const receiver = await startReceiver(t, { delayMs: 200 });
  const sender = openSender(t, { originIdleMs: 20 });
  t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'responded' });
});

t.test('closing lets what is under way end within the grace', async (t) => {
  const receiver = await startReceiver(t, { delayMs: 100 });
  const sender = openSender(t);
  const outcome = sender.send({ ...request, url: receiver.url });
  await receiver.next();
  await sender.close(5_000);
  t.match(await outcome, { kind: 'responded' });
  await until(() => receiver.openConnectionCount === 0);
});

t.test(
  'closing cancels what does not end, what looks up a name, and what comes after',
  async (t) => {
    const receiver = await startReceiver(t, 'hang');
    const lookups = { resolve: () => new Promise<string[]>(() => {}) };
    const sender = openSender(t, { resolver: lookups });
    const outcomes = [
      sender.send({ ...request, url: receiver.url }),
      sender.send({ ...request, url: receiver.url }),
      sender.send({ ...request, url: 'http://hooks.example.com/' }),
    ];
    await receiver.next();
    await sender.close(50);
    outcomes.push(sender.send({ ...request, url: receiver.url }));
    for (const outcome of await Promise.all(outcomes)) t.equal(outcome.kind, 'cancelled');
    t.strictSame(sender.stats, { inFlight: 0, origins: 0, connections: 0 });
    await until(() => receiver.openConnectionCount === 0);
  },
);
