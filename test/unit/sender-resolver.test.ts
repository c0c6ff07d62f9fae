import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';

import { parseAddress } from '../../src/sender/ip-range.ts';
import { createResolver } from '../../src/sender/resolver.ts';
import type { ResolverOptions } from '../../src/sender/resolver.ts';

interface Entry {
  addresses?: string[];
  ttlSeconds?: number;
  isSilent?: boolean;
  isSilentIpv6?: boolean;
}
type Zone = Record<string, Entry>;

const A = 1;
const AAAA = 28;

/** A name server that answers from the zone, keeps silent where told to, and counts questions. */
async function startNameServer(t: Test, zone: Zone) {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, client) => {
    const { name, type, questionEnd } = readQuestion(query);
    questions.push(`${type === A ? 'A' : 'AAAA'} ${name}`);
    const entry = zone[name];
    if (entry?.isSilent || (entry?.isSilentIpv6 && type === AAAA)) return;
    const addresses = (entry?.addresses ?? []).filter((ip) => isIPv4(ip) === (type === A));
    const answers = addresses.map((ip) => record(ip, type, entry?.ttlSeconds ?? 60));
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(entry ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(answers.length, 6);
    header.writeUInt16BE(0, 10);
    socket.send(
      Buffer.concat([header, query.subarray(12, questionEnd), ...answers]),
      client.port,
      client.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return { questions, servers: [`127.0.0.1:${socket.address().port}`] };
}

function readQuestion(query: Buffer): { name: string; type: number; questionEnd: number } {
  const labels = [];
  let offset = 12;
  for (let length = query[offset]!; length > 0; length = query[offset]!) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(offset + 1),
    questionEnd: offset + 5,
  };
}

function record(ip: string, type: number, ttlSeconds: number): Buffer {
  const data = Buffer.from(
    parseAddress(ip)!
      .value.toString(16)
      .padStart(type === A ? 8 : 32, '0'),
    'hex',
  );
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

async function open(t: Test, zone: Zone, options: ResolverOptions = {}) {
  const { questions, servers } = await startNameServer(t, zone);
  const resolver = createResolver({ servers, hostsPath: '/dev/null', ...options });
  return { questions, resolver };
}

t.test('all addresses of both families are answered, IPv4 first', async (t) => {
  const addresses = ['2606:4700::1111', '192.0.2.1', '192.0.2.2'];
  const { resolver } = await open(t, { 'hooks.example.com': { addresses } });
  const found = await resolver.resolve('hooks.example.com');
  t.strictSame(found.toSorted(), ['192.0.2.1', '192.0.2.2', '2606:4700::1111']);
  t.equal(found.at(-1), '2606:4700::1111');
});

t.test('a name of one family is enough', async (t) => {
  const { resolver } = await open(t, {
    'four.example.com': { addresses: ['192.0.2.1'] },
    'six.example.com': { addresses: ['2606:4700::1111'] },
  });
  t.strictSame(await resolver.resolve('four.example.com'), ['192.0.2.1']);
  t.strictSame(await resolver.resolve('six.example.com'), ['2606:4700::1111']);
});

t.test('names that do not exist or have no address reject with their code', async (t) => {
  const { resolver } = await open(t, { 'empty.example.com': {} });
  await t.rejects(resolver.resolve('missing.example.com'), { code: 'ENOTFOUND' });
  await t.rejects(resolver.resolve('empty.example.com'), { code: 'ENODATA' });
});

t.test('a family that is never answered delays the other one a little only', async (t) => {
  const { resolver } = await open(
    t,
    { 'half.example.com': { addresses: ['192.0.2.1'], isSilentIpv6: true } },
    { timeoutMs: 20_000 },
  );
  const startedAtMs = performance.now();
  t.strictSame(await resolver.resolve('half.example.com'), ['192.0.2.1']);
  t.ok(performance.now() - startedAtMs < 4_000);
});

t.test('slow names are bounded in time and stall no other', async (t) => {
  const slow = Array.from({ length: 60 }, (_, index) => `slow${index}.example.com`);
  const { resolver } = await open(
    t,
    {
      'fast.example.com': { addresses: ['192.0.2.1'] },
      ...Object.fromEntries(slow.map((name) => [name, { isSilent: true }])),
    },
    { timeoutMs: 4_000 },
  );
  const startedAtMs = performance.now();
  const lookups = slow.map((name) => t.rejects(resolver.resolve(name), { code: /^ETIMEOUT$/ }));
  t.strictSame(await resolver.resolve('fast.example.com'), ['192.0.2.1']);
  t.ok(performance.now() - startedAtMs < 3_900, 'fast');
  await Promise.all(lookups);
  t.ok(performance.now() - startedAtMs < 20_000, 'bounded');
});

t.test('one question at a time is asked for a name, and its answer is kept', async (t) => {
  const { resolver, questions } = await open(t, {
    'hooks.example.com': { addresses: ['192.0.2.1'] },
  });
  await Promise.all(Array.from({ length: 20 }, () => resolver.resolve('hooks.example.com')));
  await resolver.resolve('hooks.example.com.');
  t.strictSame(questions.toSorted(), ['A hooks.example.com', 'AAAA hooks.example.com']);
});

t.test('an answer is kept no longer than its TTL and the bound', async (t) => {
  const zone = {
    'volatile.example.com': { addresses: ['192.0.2.1'], ttlSeconds: 0 },
    'stable.example.com': { addresses: ['192.0.2.1'], ttlSeconds: 86_400 },
  };
  const { resolver, questions } = await open(t, zone, { maxAgeMs: 0 });
  for (const name of Object.keys(zone)) {
    await resolver.resolve(name);
    await resolver.resolve(name);
  }
  t.equal(questions.length, 8);
});

const reasonOf = (looked: Promise<unknown>) => looked.catch((error: unknown) => error);

t.test('a name server that fails for every name is our own fault, else the name’s', async (t) => {
  const servers = ['127.0.0.1:1'];
  const absent = createResolver({ servers, hostsPath: '/dev/null', timeoutMs: 1_000 });
  t.match(await reasonOf(absent.resolve('hooks.example.com')), { kind: 'internal' });

  const zone = { 'silent.example.com': { isSilent: true }, '': { isSilent: true } };
  const silent = await open(t, zone, { timeoutMs: 500 });
  t.match(await reasonOf(silent.resolver.resolve('silent.example.com')), { kind: 'internal' });

  const knowsRoot = await open(t, { ...zone, '': {} }, { timeoutMs: 500 });
  await t.rejects(knowsRoot.resolver.resolve('silent.example.com'), { code: 'ETIMEOUT' });
});

t.test('a failure is not kept', async (t) => {
  const zone: Zone = {};
  const { resolver } = await open(t, zone);
  await t.rejects(resolver.resolve('late.example.com'));
  zone['late.example.com'] = { addresses: ['192.0.2.7'] };
  t.strictSame(await resolver.resolve('late.example.com'), ['192.0.2.7']);
});

t.test('memory is bounded: the oldest name is asked for again', async (t) => {
  const names = ['a.example.com', 'b.example.com', 'c.example.com'];
  const zone = Object.fromEntries(names.map((name) => [name, { addresses: ['192.0.2.1'] }]));
  const { resolver, questions } = await open(t, zone, { maxEntries: 2 });
  for (const name of names) await resolver.resolve(name);
  questions.length = 0;
  for (const name of ['c.example.com', 'b.example.com']) await resolver.resolve(name);
  t.equal(questions.length, 0);
  await resolver.resolve('a.example.com');
  t.equal(questions.length, 2);
});

t.test('the hosts file comes first', async (t) => {
  const hosts = `
    # comment
    10.0.0.7   receiver  Receiver.Example.com # trailing
    fd00::7 receiver
    not-an-address other
  `;
  const hostsPath = join(t.testdir({ hosts }), 'hosts');
  const { resolver, questions } = await open(t, {}, { hostsPath });
  t.strictSame(await resolver.resolve('receiver'), ['10.0.0.7', 'fd00::7']);
  t.strictSame(await resolver.resolve('receiver.example.com'), ['10.0.0.7']);
  t.strictSame(questions, []);
  await t.rejects(resolver.resolve('other'), { code: 'ENOTFOUND' });
});

t.test('a missing hosts file is an empty one', async (t) => {
  const zone = { 'hooks.example.com': { addresses: ['192.0.2.1'] } };
  const { resolver } = await open(t, zone, { hostsPath: '/nonexistent/hosts' });
  t.strictSame(await resolver.resolve('hooks.example.com'), ['192.0.2.1']);
});
