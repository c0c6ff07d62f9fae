import { createPrivateKey, createSign, generateKeyPairSync, sign } from 'node:crypto';
import t from 'tap';
import { crc32 } from 'node:zlib';

import { createToken, hashText } from '../../src/sources/jwt.ts';
import { receive } from '../../src/sources/receive.ts';
import { createRemoteKeys, type KeyRequest } from '../../src/sources/remote-keys.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import {
  OTHER_CERTIFICATE,
  OTHER_KEY,
  PAYPAL_CERTIFICATE,
  PAYPAL_KEY,
  ROOT_CERTIFICATE,
} from '../fixtures/source-certificates.ts';
import {
  kindNamed,
  NOW_MS,
  SOURCE_URL,
  verification,
  verifyAt,
  withHeader,
} from '../helpers/sources.ts';

const post = (body: string, headers: Record<string, string> = {}): SourceRequest => ({
  method: 'POST',
  url: SOURCE_URL,
  headers: Object.entries(headers).flat(),
  body: Buffer.from(body),
});

/** A provider that gives out what it has, and remembers what it was asked for. */
function keyServer(answers: Record<string, string>) {
  const asked: KeyRequest[] = [];
  const remoteKeys = createRemoteKeys(
    async (request) => {
      asked.push(request);
      const body = answers[request.url];
      return body === undefined
        ? { status: 404, body: Buffer.alloc(0) }
        : { status: 200, body: Buffer.from(body) };
    },
    { roots: [ROOT_CERTIFICATE] },
  );
  return { asked, remoteKeys };
}

const SNS_URL = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-abc123.pem';

function snsMessage(
  members: Record<string, string>,
  version = '2',
  key = OTHER_KEY,
): SourceRequest {
  const message: Record<string, string> = {
    MessageId: 'm-1',
    TopicArn: 'arn:aws:sns:eu-central-1:000000000000:invented',
    Message: 'hello',
    Timestamp: '2026-11-27T15:50:48.000Z',
    SignatureVersion: version,
    SigningCertURL: SNS_URL,
    ...members,
  };
  const names = Object.keys(message)
    .filter((name) => !/^Sign|^Unsub/.test(name))
    .sort();
  const text = names.map((name) => `${name}\n${message[name]}\n`).join('');
  message['Signature'] = createSign(version === '1' ? 'sha1' : 'sha256')
    .update(text)
    .sign(key, 'base64');
  return post(JSON.stringify(message), { 'content-type': 'text/plain; charset=UTF-8' });
}

t.test('SNS is verified with the certificate that it names, fetched once', async (t) => {
  const kind = kindNamed('aws-sns');
  const { asked, remoteKeys } = keyServer({ [SNS_URL]: OTHER_CERTIFICATE });
  for (const version of ['1', '2']) {
    const request = snsMessage({ Type: 'Notification', Subject: 's' }, version);
    t.same(await verifyAt(kind, request, [], { remoteKeys }), { outcome: 'verified' }, version);
    const forged = {
      ...request,
      body: Buffer.from(String(request.body).replace('hello', 'hallo')),
    };
    t.match(await verifyAt(kind, forged, [], { remoteKeys }), { code: 'signature_mismatch' });
  }
  t.same(asked, [{ method: 'GET', url: SNS_URL }]);
  const request = snsMessage({ Type: 'Notification' });
  const parameters = { topic_arn: 'arn:aws:sns:eu-central-1:000000000000:other' };
  t.match(await verifyAt(kind, request, [], { remoteKeys, parameters }), {
    code: 'claim_mismatch',
  });
});

t.test('a certificate is fetched from the provider alone', async (t) => {
  const { asked, remoteKeys } = keyServer({});
  const sns = kindNamed('aws-sns');
  for (const url of [
    'https://sns.eu-central-1.amazonaws.com.example.com/SimpleNotificationService-a.pem',
    'https://example.com/SimpleNotificationService-a.pem',
    'https://user@sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem',
    'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem',
    'https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-a.pem',
    'https://sns.eu-central-1.amazonaws.com/bucket/SimpleNotificationService-a.pem',
    'https://s3.amazonaws.com/SimpleNotificationService-a.pem',
    'https://127.0.0.1/SimpleNotificationService-a.pem',
  ]) {
    const request = snsMessage({ Type: 'Notification', SigningCertURL: url });
    t.match(await verifyAt(sns, request, [], { remoteKeys }), { code: 'key_untrusted' }, url);
  }
  const paypal = kindNamed('paypal');
  for (const url of ['https://api.paypal.com.example.com/v1/notifications/certs/C', 'file:///x']) {
    const request = withHeader(paypalMessage(), 'paypal-cert-url', url);
    const verdict = await verifyAt(paypal, request, [], { remoteKeys, parameters: WEBHOOK });
    t.match(verdict, { code: 'key_untrusted' }, url);
  }
  t.same(asked, []);
});

t.test('a subscription to a topic is confirmed by a call, once it is verified', async (t) => {
  const kind = kindNamed('aws-sns');
  const { remoteKeys } = keyServer({ [SNS_URL]: OTHER_CERTIFICATE });
  const callUrl =
    'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x&Token=2336';
  const members = { Type: 'SubscriptionConfirmation', Token: '2336', SubscribeURL: callUrl };
  const request = snsMessage(members);
  t.match(await receive(verification(kind, request, [], { remoteKeys })), {
    outcome: 'handshake',
    response: { status: 200, callUrl },
  });
  const forged = snsMessage(members, '2', PAYPAL_KEY);
  t.match(await receive(verification(kind, forged, [], { remoteKeys })), { outcome: 'refused' });
  const elsewhere = snsMessage({ ...members, SubscribeURL: 'https://example.com/?x=1' });
  const received = await receive(verification(kind, elsewhere, [], { remoteKeys }));
  t.notMatch(received, { response: { callUrl: String } });
});

const WEBHOOK = { webhook_id: 'WH-1' };
const PAYPAL_URL = 'https://api.paypal.com/v1/notifications/certs/CERT-1';

function paypalMessage(key = PAYPAL_KEY): SourceRequest {
  const body = '{"id":"WH-EVENT","event_type":"PAYMENT.CAPTURE.COMPLETED"}';
  const signed = `t-1|2026-11-27T15:50:48Z|WH-1|${crc32(Buffer.from(body))}`;
  return post(body, {
    'paypal-transmission-id': 't-1',
    'paypal-transmission-time': '2026-11-27T15:50:48Z',
    'paypal-transmission-sig': createSign('sha256').update(signed).sign(key, 'base64'),
    'paypal-cert-url': PAYPAL_URL,
    'paypal-auth-algo': 'SHA256withRSA',
  });
}

t.test('PayPal is verified for its webhook, with a certificate in its name', async (t) => {
  const kind = kindNamed('paypal');
  const check = async (pem: string, request = paypalMessage(), parameters = WEBHOOK) => {
    const { remoteKeys } = keyServer({ [PAYPAL_URL]: pem });
    const verdict = await verifyAt(kind, request, [], { remoteKeys, parameters });
    return verdict.outcome === 'refused' ? verdict.code : verdict.outcome;
  };
  t.equal(await check(PAYPAL_CERTIFICATE), 'verified');
  t.equal(await check(PAYPAL_CERTIFICATE + ROOT_CERTIFICATE), 'verified', 'the whole chain');
  t.equal(await check(OTHER_CERTIFICATE, paypalMessage(OTHER_KEY)), 'key_untrusted', 'name');
  t.equal(await check('nothing'), 'key_untrusted');
  const other = { webhook_id: 'WH-2' };
  t.equal(await check(PAYPAL_CERTIFICATE, paypalMessage(), other), 'signature_mismatch');
  const changed = { ...paypalMessage(), body: Buffer.from('{}') };
  t.equal(await check(PAYPAL_CERTIFICATE, changed), 'signature_mismatch');
  const { remoteKeys } = keyServer({});
  t.match(await verifyAt(kind, paypalMessage(), [], { remoteKeys }), { code: 'parameter_missing' });
  t.match(
    await receive(verification(kind, paypalMessage(), [], { remoteKeys, parameters: WEBHOOK })),
    {
      outcome: 'refused',
      status: 503,
      refusal: { code: 'key_unavailable' },
    },
  );
  const untrusting = createRemoteKeys(async () => ({
    status: 200,
    body: Buffer.from(PAYPAL_CERTIFICATE),
  }));
  const options = { remoteKeys: untrusting, parameters: WEBHOOK };
  t.match(await verifyAt(kind, paypalMessage(), [], options), { code: 'key_untrusted' });
});

t.test('Plaid is verified with the key of its API, for the body that the token has', async (t) => {
  const kind = kindNamed('plaid');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = {
    ...publicKey.export({ format: 'jwk' }),
    kid: 'k-1',
    alg: 'ES256',
    expired_at: null,
  };
  const url = 'https://production.plaid.com/webhook_verification_key/get';
  const body = '{"webhook_type":"TRANSACTIONS","webhook_code":"SYNC_UPDATES_AVAILABLE"}';
  const iat = NOW_MS / 1_000;
  const claims = { iat, request_body_sha256: hashText(body, 'hex') };
  const token = createToken(claims, 'ES256', privateKey, 'k-1');
  const request = post(body, { 'plaid-verification': token });
  const parameters = { client_id: 'client', client_secret: 'shared' };
  const { asked, remoteKeys } = keyServer({ [url]: JSON.stringify({ key }) });
  const options = { remoteKeys, parameters };
  t.same(await verifyAt(kind, request, [], options), { outcome: 'verified' });
  t.same(await verifyAt(kind, request, [], options), { outcome: 'verified' });
  t.same(
    asked.map(({ method, body }) => [method, JSON.parse(body ?? '')]),
    [['POST', { client_id: 'client', secret: 'shared', key_id: 'k-1' }]],
  );
  const changed = { ...request, body: Buffer.from(`${body} `) };
  t.match(await verifyAt(kind, changed, [], options), { code: 'body_mismatch' });
  const late = { ...options, nowMs: NOW_MS + 301_000 };
  t.match(await verifyAt(kind, request, [], late), { code: 'timestamp_too_old' });
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const forged = withHeader(
    request,
    'plaid-verification',
    createToken(claims, 'ES256', foreign, 'k-1'),
  );
  t.match(await verifyAt(kind, forged, [], options), { code: 'signature_mismatch' });
  const ended = keyServer({
    [url]: JSON.stringify({ key: { ...key, expired_at: '2026-01-01T00:00:00Z' } }),
  });
  t.match(await verifyAt(kind, request, [], { ...options, remoteKeys: ended.remoteKeys }), {
    code: 'key_untrusted',
  });
});

t.test('Pub/Sub is verified by its audience and account; a new key is asked for', async (t) => {
  const kind = kindNamed('google-pubsub');
  const url = 'https://www.googleapis.com/oauth2/v3/certs';
  const first = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const second = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const jwk = (pair: typeof first, kid: string) => ({
    ...pair.publicKey.export({ format: 'jwk' }),
    kid,
  });
  const answers = { [url]: JSON.stringify({ keys: [jwk(first, 'a')] }) };
  const { asked, remoteKeys } = keyServer(answers);
  const claims = {
    iss: 'https://accounts.google.com',
    aud: SOURCE_URL,
    email: 'push@example.iam.gserviceaccount.com',
    email_verified: true,
    exp: NOW_MS / 1_000 + 3_600,
  };
  const send = (pair: typeof first, kid: string, changes: object = {}) => {
    const token = createToken({ ...claims, ...changes }, 'RS256', pair.privateKey, kid);
    return post('{"message":{"messageId":"1"}}', { authorization: `Bearer ${token}` });
  };
  const check = (request: SourceRequest, parameters: Record<string, string> = {}) =>
    verifyAt(kind, request, [], { remoteKeys, parameters });
  t.same(await check(send(first, 'a')), { outcome: 'verified' });
  t.same(await check(send(first, 'a'), { email: claims.email }), { outcome: 'verified' });
  t.match(await check(send(first, 'a'), { email: 'x@y' }), { code: 'claim_mismatch' });
  t.match(await check(send(first, 'a', { aud: 'https://elsewhere' })), { code: 'claim_mismatch' });
  t.match(await check(send(first, 'a', { iss: 'https://me' })), { code: 'claim_mismatch' });
  t.match(await check(send(first, 'a', { exp: 1 })), { code: 'timestamp_too_old' });
  t.match(await check(send(first, 'a', { exp: undefined })), { code: 'timestamp_missing' });
  t.match(await check(send(second, 'a')), { code: 'signature_mismatch' });
  t.equal(asked.length, 1);
  answers[url] = JSON.stringify({ keys: [jwk(second, 'b')] });
  t.same(await check(send(second, 'b')), { outcome: 'verified' });
  t.equal(asked.length, 2, 'rotated');
  for (let count = 0; count < 5; count += 1) {
    t.match(await check(send(second, `c${count}`)), { code: 'key_untrusted' });
  }
  t.ok(asked.length <= 3, 'keys that are not there are not asked for again and again');
});

t.test('what invents keys to be fetched makes few calls at a time', async (t) => {
  let underWay = 0;
  let most = 0;
  const remoteKeys = createRemoteKeys(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    underWay -= 1;
    throw new Error('unreachable');
  });
  const kind = kindNamed('aws-sns');
  const verdicts = await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const url = SNS_URL.replace('abc123', `x${index}`);
      const request = snsMessage({ Type: 'Notification', SigningCertURL: url });
      return verifyAt(kind, request, [], { remoteKeys });
    }),
  );
  t.ok(verdicts.every((verdict) => verdict.outcome === 'refused'));
  t.ok(most <= 10, String(most));
});

t.test('an Ed25519 key is not taken for a certificate of another type', async (t) => {
  const key = generateKeyPairSync('ed25519').privateKey;
  const signature = sign(
    null,
    Buffer.from('x'),
    createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' })),
  );
  const request = withHeader(
    paypalMessage(),
    'paypal-transmission-sig',
    signature.toString('base64'),
  );
  const { remoteKeys } = keyServer({ [PAYPAL_URL]: PAYPAL_CERTIFICATE });
  const verdict = await verifyAt(kindNamed('paypal'), request, [], {
    remoteKeys,
    parameters: WEBHOOK,
  });
  t.match(verdict, { code: 'signature_mismatch' });
});
