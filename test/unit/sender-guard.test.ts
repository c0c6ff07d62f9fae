import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import type { AddressGuard } from '../../src/sender/address-guard.ts';
import type { Resolver } from '../../src/sender/resolver.ts';
import { createSender } from '../../src/sender/sender.ts';
import { createTargetGuard, LOOPBACK_UNTIL_FIRST_KEY } from '../../src/sender/target-guard.ts';
import { FORBIDDEN_URLS } from '../fixtures/target-urls.ts';
import { startReceiver } from '../helpers/receiver.ts';

const publicOnly = createAddressGuard({ allowedPrivateCidrs: [] });
/** Stands for a public address: a receiver can listen there, and 127.0.0.1 stays forbidden. */
const PUBLIC_ADDRESS = '127.0.0.2';
const guard = createAddressGuard({ allowedPrivateCidrs: [`${PUBLIC_ADDRESS}/32`] });

/** Counts the connections that reach a forbidden address; there must be none. */
async function startSpy(t: Test, host: string, port = 0) {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
  };
}

function post(t: Test, url: string, options: { guard: AddressGuard; resolver?: Resolver }) {
  const sender = createSender({ userAgent: 'Posthorn/test', ...options });
  t.teardown(() => sender.close());
  return sender.send({ url, headers: {}, body: '{}', deadlineMs: 2_000 });
}

/** Gives one answer after the other, as a name server under an attacker's control may. */
function lyingResolver(...answers: string[][]): Resolver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async resolve(hostname) {
      asked.push(hostname);
      return answers[asked.length - 1] ?? answers.at(-1)!;
    },
  };
}

t.test('no forbidden URL is connected to, and none is looked up', async (t) => {
  const spies = [await startSpy(t, '127.0.0.1'), await startSpy(t, '::1')];
  const resolver = lyingResolver(['127.0.0.1']);
  const sender = createSender({ guard: publicOnly, resolver, userAgent: 'Posthorn/test' });
  t.teardown(() => sender.close());
  const request = { headers: {}, body: '{}', deadlineMs: 2_000 };

  const atSpies = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '127.0.0.1.',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    'localhost',
    'localhost.',
    '[::1]',
    '[::]',
  ];
  const urls = [
    ...spies.flatMap(({ port }) => atSpies.map((host) => `http://${host}:${port}/`)),
    ...spies.flatMap(({ port }) => atSpies.map((host) => `https://${host}:${port}/`)),
    ...Object.values(FORBIDDEN_URLS).flat(),
  ];
  for (const url of urls) {
    const outcome = await sender.send({ ...request, url });
    if (outcome.kind !== 'blocked') t.fail(`${JSON.stringify(url)} gave ${outcome.kind}`);
  }
  t.strictSame(resolver.asked, []);
  t.strictSame(
    spies.map((spy) => spy.connections),
    [0, 0],
  );
});

t.test('a name that is public when checked and private when connected to is blocked', async (t) => {
  const headers = { connection: 'close' };
  const receiver = await startReceiver(t, { headers }, { host: PUBLIC_ADDRESS });
  const spy = await startSpy(t, '127.0.0.1', receiver.port);
  const resolver = lyingResolver([PUBLIC_ADDRESS], ['127.0.0.1']);
  const sender = createSender({ guard, resolver, userAgent: 'Posthorn/test' });
  t.teardown(() => sender.close());
  const url = `http://rebind.example.com:${receiver.port}/`;
  const request = { url, headers: {}, body: '{}', deadlineMs: 2_000 };

  t.ok(guard.checkUrl(url).ok);
  t.match(await sender.send(request), { kind: 'responded', statusCode: 200 });
  t.match(await sender.send(request), {
    kind: 'blocked',
    message: 'the name was resolved, but the address is not public (loopback)',
  });
  t.equal(resolver.asked.length, 2);
  t.equal(spy.connections, 0);
});

t.test('one forbidden answer among several refuses the name', async (t) => {
  const receiver = await startReceiver(t, 200, { host: PUBLIC_ADDRESS });
  const spy = await startSpy(t, '127.0.0.1', receiver.port);
  const url = `http://mixed.example.com:${receiver.port}/`;
  for (const answer of [
    [PUBLIC_ADDRESS, '127.0.0.1'],
    ['127.0.0.1', PUBLIC_ADDRESS],
    [PUBLIC_ADDRESS, '::1'],
    [PUBLIC_ADDRESS, '::ffff:127.0.0.2'],
    [PUBLIC_ADDRESS, 'not an address'],
  ]) {
    const outcome = await post(t, url, { guard, resolver: lyingResolver(answer) });
    t.match(outcome, { kind: 'blocked' }, answer.join());
  }
  t.equal(receiver.connectionCount, 0);
  t.equal(spy.connections, 0);
});

t.test('the address really reached is checked before a byte is sent', async (t) => {
  for (const scheme of ['http', 'https']) {
    const received: Buffer[] = [];
    const server = createServer((socket) => socket.on('data', (chunk) => received.push(chunk)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    // Lets the answer of the resolver pass, as if the connection had been led astray after it.
    let checks = 0;
    const misled: AddressGuard = {
      ...guard,
      checkAddress(ip) {
        checks += 1;
        return checks === 1 ? { ok: true } : guard.checkAddress(ip);
      },
    };
    const accepted = once(server, 'connection');
    const url = `${scheme}://astray.example.com:${(server.address() as AddressInfo).port}/`;
    const resolver = lyingResolver(['127.0.0.1']);
    t.match(await post(t, url, { guard: misled, resolver }), {
      kind: 'blocked',
      message: 'the address is not public (loopback)',
    });
    const [socket] = await accepted;
    await once(socket, 'close');
    t.strictSame(received, []);
  }
});

t.test('an allowed IPv6 literal is reached', async (t) => {
  const receiver = await startReceiver(t, 200, { host: '::1' });
  const loopback = createAddressGuard({ allowedPrivateCidrs: ['::1/128'] });
  const url = `http://[0:0:0:0:0:0:0:1]:${receiver.port}/`;
  t.match(await post(t, url, { guard: loopback }), { kind: 'responded', statusCode: 200 });
});

t.test('localhost is loopback as far as the allow-list opens it, whatever DNS says', async (t) => {
  const receiver = await startReceiver(t);
  const url = `http://localhost:${receiver.port}/`;
  const resolver = lyingResolver(['8.8.8.8']);
  const loopback = createAddressGuard({ allowedPrivateCidrs: ['127.0.0.1/32'] });
  t.match(await post(t, url, { guard: loopback, resolver }), { kind: 'responded' });
  t.match(await post(t, url, { guard: publicOnly, resolver }), { kind: 'blocked' });
  t.strictSame(resolver.asked, []);
  t.equal(receiver.requests.length, 1);
});

t.test(
  'what the first key closes is not reached again, not even over a connection that is open',
  async (t) => {
    const receiver = await startReceiver(t);
    const slow = await startReceiver(t, { status: 200, delayMs: 300 });
    let isKeyThere = false;
    const sender = createSender({
      guard: createTargetGuard({
        privateTargets: LOOPBACK_UNTIL_FIRST_KEY,
        isKeyThere: () => isKeyThere,
      }),
      resolver: lyingResolver(['127.0.0.1']),
      userAgent: 'Posthorn/test',
    });
    t.teardown(() => sender.close());
    const send = (url: string) => sender.send({ url, headers: {}, body: '{}', deadlineMs: 2_000 });
    const urls = ['127.0.0.1', 'localhost', 'receiver.example'].map(
      (host) => `http://${host}:${receiver.port}/`,
    );
    for (const url of urls) t.match(await send(url), { kind: 'responded' }, url);
    const underWay = send(`http://receiver.example:${slow.port}/`);
    await slow.next();

    isKeyThere = true;
    sender.reconsider();
    for (const url of urls) t.match(await send(url), { kind: 'blocked', isClosed: true }, url);
    t.match(await underWay, { kind: 'responded' }, 'what is under way ends as it would have');
    t.match(await send(`http://receiver.example:${slow.port}/`), {
      kind: 'blocked',
      isClosed: true,
    });
    t.equal(receiver.requests.length, urls.length);
    t.equal(slow.requests.length, 1);
    const forbidden = await send('http://10.0.0.1/');
    t.match(forbidden, { kind: 'blocked' });
    t.notOk('isClosed' in forbidden, 'what never was open is not held');
  },
);
