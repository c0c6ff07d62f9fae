import t from 'tap';

import { KINDS } from '../../src/sources/kinds.ts';
import { receive } from '../../src/sources/receive.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import { asList } from '../../src/sources/values.ts';
import { inventSecret, SOURCE_URL, unsignedSample, verification } from '../helpers/sources.ts';

const REQUESTS = 10_000;
const SEED = 20_261_127;

/** Mulberry32: what failed can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(SEED);
const below = (count: number) => Math.floor(random() * count);
const oneOf = <Item>(items: readonly [Item, ...Item[]]): Item =>
  items[below(items.length)] ?? items[0];

const VALUES: [string, ...string[]] = [
  '',
  ' ',
  '0',
  '-1',
  '1795794648',
  '1795794648000',
  '99999999999999999999',
  '2026-11-27T15:50:48.000Z',
  'sha256=',
  `sha256=${'0'.repeat(64)}`,
  `v0=${'f'.repeat(64)}`,
  `t=1795794648,v1=${'0'.repeat(64)}`,
  `t=1795794648,h=a b,v1=${'0'.repeat(64)}`,
  'v1,AAAA v1a,AAAA',
  'v1,',
  'Basic ',
  'Bearer a.b.c',
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJIUzI1NiJ9.e30.AAAA',
  'eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJpYXQiOjE3OTU3OTQ2NDh9.AAAA',
  'pub|00&pub|',
  '\u0000',
  'é'.repeat(20),
  'x'.repeat(5_000),
  '__proto__',
];

const BODIES: [string, ...string[]] = [
  '',
  '{}',
  '[]',
  'null',
  '0',
  '"text"',
  '{',
  '[[[[',
  `${'['.repeat(20_000)}`,
  '{"__proto__":{"type":"x"},"type":{"type":1}}',
  '{"type":["a"],"id":{},"event":[],"events":{},"data":null}',
  '{"signature":{"timestamp":"1","token":"t","signature":"00","parent-signature":"00"}}',
  '{"notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"AAAA"}}}]}',
  '{"Type":"Notification","Signature":"AAAA","SignatureVersion":"2","SigningCertURL":"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-x.pem"}',
  '{"value":[{"clientState":""}],"token":""}',
  '{"webhookTimestamp":1795794648000}',
  'payload=%7B%22type%22%3A1%7D&token=&bt_signature=a%7Cb&bt_payload=AAAA&p_signature=AAAA',
  'a=%ff%fe&=&&&',
  '--x\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"event":{"event_hash":"00"}}\r\n--x--\r\n',
  '--x\r\n\r\n--x',
  '\ufeff{"type":"x"}',
  '<?xml version="1.0"?><x/>',
];

const TYPES: [string, ...string[]] = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/xml',
  '',
];

/** The header names that any kind looks at. */
const NAMES = KINDS.all.flatMap(({ signature, type, id, keep }) => {
  const rule = typeof signature === 'object' ? signature : undefined;
  const references = [
    ...asList(rule?.from),
    ...asList(rule?.timestamp?.from),
    ...asList(type),
    ...asList(id),
  ];
  return [
    ...references.flatMap((reference) => reference.match(/(?<=header:)[a-z0-9-]+/g) ?? []),
    ...(keep ?? []).map((name) => name.replace('*', 'x')),
  ];
});
const HEADER_NAMES: [string, ...string[]] = ['authorization', 'x-hook-secret', ...NAMES];

function randomBody(): Buffer {
  if (random() < 0.8) return Buffer.from(oneOf(BODIES));
  return Buffer.from(Array.from({ length: below(300) }, () => below(256)));
}

function randomRequest(sample: SourceRequest): SourceRequest {
  const headers = ['content-type', oneOf(TYPES)];
  for (let count = below(8); count > 0; count -= 1)
    headers.push(oneOf(HEADER_NAMES), oneOf(VALUES));
  const isLikeSample = random() < 0.4;
  const query = random() < 0.2 ? `?challenge=${encodeURIComponent(oneOf(VALUES))}&payload={}` : '';
  return {
    method: oneOf(['POST', 'POST', 'POST', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']),
    url: SOURCE_URL + query,
    headers: isLikeSample ? [...sample.headers, ...headers.slice(2)] : headers,
    body: isLikeSample ? sample.body : randomBody(),
  };
}

t.test('random requests raise nothing, and make no event without a signature', async (t) => {
  const kinds = KINDS.all.map((kind) => ({
    kind,
    secret: inventSecret(kind).secret,
    sample: unsignedSample(kind),
  }));
  const parameters = { webhook_id: 'w', client_id: 'c', client_secret: 's', public_key: 'p' };
  let handshakes = 0;
  for (let count = 0; count < REQUESTS; count += 1) {
    const chosen = kinds[count % kinds.length];
    if (chosen === undefined) return t.fail('no kinds');
    const { kind, secret, sample } = chosen;
    const request = randomRequest(sample);
    const received = await receive(verification(kind, request, [secret], { parameters }));
    if (received.outcome === 'handshake') {
      handshakes += 1;
      if (received.response.learnedSecret !== undefined) t.fail(`${kind.name} learns a secret`);
      continue;
    }
    if (received.outcome === 'refused') {
      if (received.refusal.reason.includes(secret)) t.fail(`${kind.name} shows its secret`);
      continue;
    }
    if (kind.signature === 'none') continue;
    t.fail(`${kind.name} made an event of ${request.method} ${request.body.toString()}`);
  }
  t.ok(handshakes > 0, 'some were handshakes');
});
