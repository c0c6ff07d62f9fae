import t from 'tap';

import vectors from '../fixtures/source-vectors.json' with { type: 'json' };
import { generateSecret, signatureHeaders } from '../../src/sender/signature.ts';
import { generateSigningKeyPair } from '../../src/sender/signing-key.ts';
import { canonicalSignature } from '../../src/sources/encoding.ts';
import { asList } from '../../src/sources/values.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import { readRequest } from '../../src/sources/request.ts';
import { customKind } from '../../src/sources/kinds.ts';
import {
  inventSecret,
  kindNamed,
  NOW_MS,
  SIGNABLE,
  signedSample,
  unsignedSample,
  verifyAt,
  withHeader,
} from '../helpers/sources.ts';

/**
 * Kinds whose signature says less than what is in the body. `covers` says what it is of; those with
 * a shared token in place of a signature sign nothing.
 */
const SIGNS_NO_BODY = [
  'atlassian-connect',
  'auth0',
  'azure-event-grid',
  'basic',
  'cloudevents',
  'cloudflare-notification',
  'dropbox-sign',
  'flutterwave',
  'gitlab-token',
  'mailgun',
  'mailgun-parent',
  'mattermost',
  'microsoft-graph',
  'monday',
  'okta',
  'postmark',
  'ringcentral',
  'rocketchat',
  'telegram',
];

/** Kinds that sign some fields of the body, and not what stands beside them. */
const SIGNS_A_PART = ['adyen-payments', 'braintree', 'travis-ci'];

/** One bit of each byte in turn would take long: some bytes all over the body. */
function alteredBodies(request: SourceRequest): SourceRequest[] {
  const { body } = request;
  const places = [0, 1, Math.floor(body.length / 2), body.length - 2, body.length - 1];
  return [
    ...places.map((at) => {
      const copy = Buffer.from(body);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return { ...request, body: copy };
    }),
    { ...request, body: Buffer.concat([body, Buffer.from(' ')]) },
    { ...request, body: body.subarray(0, -1) },
  ];
}

/** The sample with another value in it, readable as before. */
function withOtherContent(request: SourceRequest): SourceRequest {
  const text = request.body.toString();
  const body = text.startsWith('{')
    ? text.replace(/}$/, ',"added":"by someone"}')
    : text.startsWith('[')
      ? text.replace(/\]$/, ',{}]')
      : `${text}&added=by+someone`;
  return { ...request, body: Buffer.from(body) };
}

for (const kind of SIGNABLE) {
  t.test(`${kind.name}: what it signs is verified, and nothing else`, async (t) => {
    const { secret, signing } = inventSecret(kind);
    const request = signedSample(kind, signing);
    t.same(await verifyAt(kind, request, [secret]), { outcome: 'verified' });
    const others = [inventSecret(kind).secret, secret];
    t.same(await verifyAt(kind, request, others), { outcome: 'verified' }, 'rotated');
    const wrong = await verifyAt(kind, request, [inventSecret(kind).secret]);
    t.equal(wrong.outcome, 'refused', 'another secret');
    const unsigned = await verifyAt(kind, unsignedSample(kind), [secret]);
    t.equal(unsigned.outcome, 'refused', 'no signature');
    if (![...SIGNS_NO_BODY, ...SIGNS_A_PART].includes(kind.name)) {
      for (const altered of alteredBodies(request)) {
        t.equal((await verifyAt(kind, altered, [secret])).outcome, 'refused', 'altered');
      }
    }
  });

  t.test(`${kind.name}: without a secret it is refused, or agreed to be unsigned`, async (t) => {
    const { signing } = inventSecret(kind);
    const { outcome } = await verifyAt(kind, signedSample(kind, signing), []);
    const isOptional = typeof kind.signature === 'object' && kind.signature.optional === true;
    t.equal(outcome, isOptional ? 'unsigned' : 'refused');
    for (const empty of ['', 'whsec_', 'whpk_', '=', ' ']) {
      const verdict = await verifyAt(kind, unsignedSample(kind), [empty]);
      t.equal(verdict.outcome, 'refused', JSON.stringify(empty));
    }
  });
}

t.test('a kind accepts another body with the same signature only where it is listed', async (t) => {
  const accepting: string[] = [];
  for (const kind of SIGNABLE) {
    const { secret, signing } = inventSecret(kind);
    const request = withOtherContent(signedSample(kind, signing));
    const { outcome } = await verifyAt(kind, request, [secret]);
    if (outcome === 'verified') accepting.push(kind.name);
  }
  t.same(accepting.sort(), [...SIGNS_NO_BODY, ...SIGNS_A_PART].sort());
});

t.test('every kind that can be signed has a vector, verified at its time', async (t) => {
  const seen = new Set<string>();
  for (const vector of vectors) {
    const kind = kindNamed(vector.kind);
    const { method, url, headers, nowMs } = vector;
    const request = { method, url, headers, body: Buffer.from(vector.body) };
    const verdict = await verifyAt(kind, request, [vector.secret], { nowMs });
    t.same(verdict, { outcome: 'verified' }, vector.kind);
    seen.add(vector.kind);
    if ([...SIGNS_NO_BODY, ...SIGNS_A_PART].includes(vector.kind)) continue;
    const altered = withOtherContent(request);
    const after = await verifyAt(kind, altered, [vector.secret], { nowMs });
    t.equal(after.outcome, 'refused', vector.kind);
  }
  for (const { name } of SIGNABLE) {
    t.ok(seen.has(name), `${name}: run node scripts/sources/write-vectors.ts`);
  }
});

t.test('every character of a signature counts', async (t) => {
  for (const kind of SIGNABLE) {
    const rule = kind.signature;
    if (typeof rule !== 'object') continue;
    const [place = ''] = asList(rule.from);
    if (!place.startsWith('header:')) continue;
    const name = place.slice('header:'.length).replace('*', '1');
    const { secret, signing } = inventSecret(kind);
    const request = signedSample(kind, signing);
    const value = readRequest(request).header(name) ?? '';
    for (const at of [-1, -2, -3, -10]) {
      const index = value.length + at;
      const other = value[index] === '1' ? '2' : '1';
      const altered = value.slice(0, index) + other + value.slice(index + 1);
      const verdict = await verifyAt(kind, withHeader(request, name, altered), [secret]);
      t.equal(verdict.outcome, 'refused', `${kind.name} ${at}`);
    }
  }
});

t.test('a timestamp is held to the window of its kind', async (t) => {
  for (const kind of SIGNABLE) {
    const rule = kind.signature;
    const window = typeof rule === 'object' ? rule.timestamp?.window_seconds : undefined;
    if (window === undefined) continue;
    const { secret, signing } = inventSecret(kind);
    const request = signedSample(kind, signing);
    const at = async (seconds: number) => {
      const nowMs = NOW_MS + seconds * 1_000;
      const verdict = await verifyAt(kind, request, [secret], { nowMs });
      return verdict.outcome === 'refused' ? verdict.code : verdict.outcome;
    };
    const [past, future] = window;
    t.equal(await at(past ?? 1e9), 'verified', `${kind.name} old enough`);
    t.equal(await at(-(future ?? 1e9)), 'verified', `${kind.name} ahead`);
    if (past !== null) t.equal(await at(past + 1), 'timestamp_too_old', kind.name);
    if (future !== null) t.equal(await at(-future - 1), 'timestamp_in_future', kind.name);
  }
});

t.test('kinds that sign their address refuse it at another', async (t) => {
  const elsewhere = 'https://hooks.example.com/in/another';
  const names = ['square', 'hubspot', 'trello', 'twilio', 'twilio-json', 'twilio-sha256', 'plivo'];
  for (const name of [...names, 'messagebird', 'qstash', 'contentful', 'atlassian-connect']) {
    const kind = kindNamed(name);
    const { secret, signing } = inventSecret(kind);
    const request = signedSample(kind, signing);
    const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
    const verdict = await verifyAt(kind, { ...request, url: elsewhere + query }, [secret]);
    t.equal(verdict.outcome, 'refused', name);
  }
});

t.test('Twilio is verified with the port that it saw, and without', async (t) => {
  const kind = kindNamed('twilio');
  const { secret } = inventSecret(kind);
  const request = signedSample(kind, secret);
  const withPort = request.url.replace('.com/', '.com:443/');
  t.same(await verifyAt(kind, { ...request, url: withPort }, [secret]), { outcome: 'verified' });
  const other = request.url.replace('.com/', '.com:8443/');
  t.equal((await verifyAt(kind, { ...request, url: other }, [secret])).outcome, 'verified');
});

t.test('a refusal says what to do, and holds no secret', async (t) => {
  const kind = kindNamed('github');
  const { secret } = inventSecret(kind);
  const request = signedSample(kind, secret);
  const reasonOf = async (changed: SourceRequest, secrets = [secret]) => {
    const verdict = await verifyAt(kind, changed, secrets);
    return verdict.outcome === 'refused' ? [verdict.code, verdict.reason] : [verdict.outcome, ''];
  };
  t.match(await reasonOf(request, []), ['secret_missing', /no secret yet/]);
  t.match(await reasonOf(withHeader(request, 'x-hub-signature-256')), [
    'signature_missing',
    /no header `x-hub-signature-256`.*Set the secret at GitHub/,
  ]);
  t.match(await reasonOf(withHeader(request, 'x-hub-signature-256', 'sha1=00')), [
    'signature_malformed',
    /Check the source's kind/,
  ]);
  const [code, reason = ''] = await reasonOf(request, ['not-the-secret']);
  t.equal(code, 'signature_mismatch');
  t.notMatch(reason, 'not-the-secret');
  const calcom = kindNamed('calcom');
  const none = withHeader(unsignedSample(calcom), 'x-cal-signature-256', 'no-secret-provided');
  t.match(await verifyAt(calcom, none, [secret]), { reason: /no secret for this webhook/ });
  const adyen = kindNamed('adyen-platform');
  t.match(await verifyAt(adyen, signedSample(adyen, 'ab'.repeat(32)), ['no hex']), {
    code: 'secret_unusable',
    reason: /hex digits/,
  });
});

t.test('two timestamps, or two headers that are signed, leave nothing verified', async (t) => {
  const stripe = kindNamed('stripe');
  const { secret } = inventSecret(stripe);
  const request = signedSample(stripe, secret);
  const value = readRequest(request).header('stripe-signature') ?? '';
  const twice = withHeader(request, 'stripe-signature', `t=1,${value}`);
  t.match(await verifyAt(stripe, twice, [secret]), { code: 'timestamp_missing' });
  const svix = kindNamed('svix');
  const pair = inventSecret(svix);
  const signed = signedSample(svix, pair.signing);
  const doubled = { ...signed, headers: [...signed.headers, 'svix-id', 'another'] };
  t.match(await verifyAt(svix, doubled, [pair.secret]), { outcome: 'refused' });
});

t.test('one right signature among several is enough', async (t) => {
  const stripe = kindNamed('stripe');
  const { secret } = inventSecret(stripe);
  const request = signedSample(stripe, secret);
  const value = readRequest(request).header('stripe-signature') ?? '';
  for (const both of [
    value.replace(',v1=', `,v1=${'0'.repeat(64)},v1=`),
    `${value},v1=${'0'.repeat(64)}`,
    value.replace(',', ' , '),
  ]) {
    const verdict = await verifyAt(stripe, withHeader(request, 'stripe-signature', both), [secret]);
    t.same(verdict, { outcome: 'verified' }, both);
  }
  const docusign = kindNamed('docusign');
  const signed = signedSample(docusign, secret);
  const first = withHeader(signed, 'x-docusign-signature-1', 'AAAA');
  const right = readRequest(signed).header('x-docusign-signature-1') ?? '';
  const second = withHeader(first, 'x-docusign-signature-7', right);
  t.same(await verifyAt(docusign, second, [secret]), { outcome: 'verified' });
});

t.test('Standard Webhooks takes v1 and v1a, each with its own key', async (t) => {
  const kind = kindNamed('standard-webhooks');
  const other = kindNamed('standard-webhooks-ed25519');
  const shared = inventSecret(kind);
  const pair = inventSecret(other);
  const secrets = [shared.secret, pair.secret];
  t.same(await verifyAt(kind, signedSample(kind, shared.signing), secrets), {
    outcome: 'verified',
  });
  t.same(await verifyAt(kind, signedSample(other, pair.signing), secrets), { outcome: 'verified' });
  t.match(await verifyAt(kind, signedSample(other, pair.signing), [shared.secret]), {
    outcome: 'refused',
  });
});

t.test('what this service delivers is verified as Standard Webhooks, v1 and v1a', async (t) => {
  const pair = generateSigningKeyPair();
  const shared = generateSecret();
  const message = { id: 'msg_1', timestampSeconds: NOW_MS / 1_000, body: '{"type":"a.b"}' };
  for (const [scheme, signing, secret] of [
    ['standard-webhooks', shared, shared],
    ['standard-webhooks-v1a', pair.privateKey, pair.publicKey],
  ] as const) {
    const headers = Object.entries(signatureHeaders([scheme], [signing], message)).flat();
    const request = { method: 'POST', url: '', headers, body: Buffer.from(message.body) };
    const verdict = await verifyAt(kindNamed('standard-webhooks'), request, [secret]);
    t.same(verdict, { outcome: 'verified' }, scheme);
  }
});

t.test('Gitea signs the payload of a form, and of a query', async (t) => {
  const kind = kindNamed('gitea');
  const { secret } = inventSecret(kind);
  const request = signedSample(kind, secret);
  const payload = new URLSearchParams({ payload: request.body.toString() }).toString();
  const type = 'application/x-www-form-urlencoded';
  const form = { ...withHeader(request, 'content-type', type), body: Buffer.from(payload) };
  t.same(await verifyAt(kind, form, [secret]), { outcome: 'verified' });
  const url = `${request.url}?${payload}`;
  const query = { ...request, method: 'GET', url, body: Buffer.alloc(0) };
  t.same(await verifyAt(kind, query, [secret]), { outcome: 'verified' });
});

t.test('a token is taken with the algorithm of its kind alone', async (t) => {
  const kind = kindNamed('livekit');
  const { secret } = inventSecret(kind);
  const request = signedSample(kind, secret);
  const [, claims = '', signature = ''] = (
    readRequest(request).header('authorization') ?? ''
  ).split('.');
  const head = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const token of [
    `${head({ alg: 'none' })}.${claims}.${signature}`,
    `${head({ alg: 'none' })}.${claims}.`,
    `${head({ alg: 'RS256' })}.${claims}.${signature}`,
    `${head({ alg: 'HS512' })}.${claims}.${signature}`,
    claims,
    '...',
  ]) {
    const verdict = await verifyAt(kind, withHeader(request, 'authorization', token), [secret]);
    t.equal(verdict.outcome, 'refused', token);
  }
});

t.test('a custom kind is what its source says, and held to the same form', async (t) => {
  const kind = customKind({
    signature: {
      from: 'header:x-webhook-signature',
      format: 'pairs',
      separator: ';',
      signature_key: 'sig',
      timestamp_key: 'time',
      algorithm: 'hmac-sha512',
      encoding: 'base64url',
      signs: '{timestamp}/{url}/{body}',
      timestamp: { unit: 'milliseconds', window_seconds: [60, null] },
    },
    type: 'body:/kind',
  });
  if ('problem' in kind) return t.fail(kind.problem);
  const request = signedSample(kind, 'secret');
  t.same(await verifyAt(kind, request, ['secret']), { outcome: 'verified' });
  t.match(await verifyAt(kind, request, ['secret'], { nowMs: NOW_MS + 61_000 }), {
    code: 'timestamp_too_old',
  });
  t.match(customKind({ signature: { from: 'x-signature' } }), { problem: /pattern/ });
  t.match(customKind({ signature: { from: 'header:x', algorithm: 'md5' } }), { problem: /equal/ });
  t.match(customKind({}), { problem: /signature/ });
});

t.test('a signature has one spelling', async (t) => {
  t.equal(canonicalSignature('AB', 'hex'), 'ab');
  t.equal(canonicalSignature('abc', 'hex'), undefined);
  t.equal(canonicalSignature('AAE=', 'base64'), 'AAE');
  t.equal(canonicalSignature('AAE', 'base64'), 'AAE');
  t.equal(canonicalSignature('AAF=', 'base64'), undefined, 'bits that nothing holds');
  t.equal(canonicalSignature('AA E=', 'base64'), undefined);
  t.equal(canonicalSignature('', 'base64'), undefined);
});
