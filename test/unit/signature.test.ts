import { verify as verifyGithub } from '@octokit/webhooks-methods';
import fc from 'fast-check';
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import t from 'tap';

import {
  generateSecret,
  secretProblem,
  verifierProblem,
  signatureHeaders,
  signGithub,
  signStandardWebhooks,
  signStandardWebhooksV1a,
  signStripe,
} from '../../src/sender/signature.ts';
import type { SignatureScheme } from '../../src/sender/signature.ts';
import {
  generateSigningKeyPair,
  jsonWebKeySet,
  publicKeyText,
} from '../../src/sender/signing-key.ts';

const stripeSignature = Stripe.webhooks.signature!;
const body = '{"test": 2432232314}';
const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

t.test('the published vectors are met', async (t) => {
  t.equal(
    signStandardWebhooks('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1_614_265_330,
      body,
    }),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
  t.equal(
    signGithub("It's a Secret to Everybody", 'Hello, World!'),
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
  t.equal(
    signStripe(['whsec_teststripe'], {
      timestampSeconds: 1_614_265_330,
      body: '{"id":"evt_1","object":"event"}',
    }),
    't=1614265330,v1=482155d47a74bd783cbe4a20110c418dcbcaf8a8da224752ffdcc01d629db0dc',
  );
});

t.test('text and bytes are signed alike', async (t) => {
  const text = { id: 'a', timestampSeconds: 1, body: '"é😀"' };
  const bytes = { ...text, body: Buffer.from(text.body) };
  const secrets = [generateSecret(), generateSigningKeyPair().privateKey];
  const schemes = ['standard-webhooks', 'standard-webhooks-v1a', 'github', 'stripe'] as const;
  t.strictSame(signatureHeaders(schemes, secrets, text), signatureHeaders(schemes, secrets, bytes));
});

t.test('third-party verifiers accept every signature', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.uuid(), async (payload, id) => {
      const secret = generateSecret();
      const message = { id, timestampSeconds: nowSeconds(), body: payload };
      const headers = signatureHeaders(
        ['standard-webhooks', 'github', 'stripe'],
        [secret],
        message,
      );
      new Webhook(secret).verify(payload, headers, { jsonParse: false });
      stripeSignature.verifyHeader(payload, headers['stripe-signature']!, secret);
      return verifyGithub(secret, payload, headers['x-hub-signature-256']!);
    }),
  );
});

t.test('third-party verifiers refuse a body, an id or a secret that differs', async (t) => {
  const secret = generateSecret();
  const message = { id: 'msg_1', timestampSeconds: nowSeconds(), body };
  const headers = signatureHeaders(['standard-webhooks', 'github', 'stripe'], [secret], message);
  const webhook = new Webhook(secret);
  t.throws(() => webhook.verify(`${body} `, headers));
  t.throws(() => webhook.verify(body, { ...headers, 'webhook-id': 'msg_2' }));
  t.throws(() => new Webhook(generateSecret()).verify(body, headers));
  const stripe = headers['stripe-signature']!;
  t.throws(() => stripeSignature.verifyHeader(`${body} `, stripe, secret));
  t.notOk(await verifyGithub(secret, `${body} `, headers['x-hub-signature-256']!));
});

t.test('during a rotation the old and the new secret both verify', async (t) => {
  const [fresh, old] = [generateSecret(), generateSecret()];
  const message = { id: 'msg_1', timestampSeconds: nowSeconds(), body };
  const schemes: SignatureScheme[] = ['standard-webhooks', 'github', 'stripe'];
  const headers = signatureHeaders(schemes, [fresh, old], message);
  for (const secret of [fresh, old]) {
    new Webhook(secret).verify(body, headers);
    stripeSignature.verifyHeader(body, headers['stripe-signature']!, secret);
  }
  t.ok(await verifyGithub(fresh, body, headers['x-hub-signature-256']!));
  t.notOk(await verifyGithub(old, body, headers['x-hub-signature-256']!));
});

t.test('a secret without prefix stands for its UTF-8 bytes', async () => {
  const secret = 'pässword';
  const message = { id: 'msg_1', timestampSeconds: nowSeconds(), body };
  const headers = signatureHeaders(['standard-webhooks'], [secret], message);
  new Webhook(Buffer.from(secret), { format: 'raw' }).verify(body, headers);
});

t.test('only the headers of the schemes asked for are sent', async (t) => {
  const message = { id: 'msg_1', timestampSeconds: 7, body };
  const namesFor = (...schemes: SignatureScheme[]) =>
    Object.keys(signatureHeaders(schemes, ['secret'], message));
  const always = ['webhook-id', 'webhook-timestamp'];
  t.strictSame(namesFor(), always);
  t.strictSame(namesFor('standard-webhooks'), [...always, 'webhook-signature']);
  t.strictSame(namesFor('github'), [...always, 'x-hub-signature-256']);
  t.strictSame(namesFor('stripe'), [...always, 'stripe-signature']);
  t.strictSame(signatureHeaders(['github', 'stripe'], [], message), {
    'webhook-id': 'msg_1',
    'webhook-timestamp': '7',
  });
});

t.test('v1a signs with Ed25519, verifiable with the key of the JWKS alone', async (t) => {
  const { privateKey, publicKey } = generateSigningKeyPair();
  const secrets = [generateSecret(), privateKey];
  const schemes: SignatureScheme[] = ['standard-webhooks', 'standard-webhooks-v1a'];
  const message = { id: 'msg_1', timestampSeconds: nowSeconds(), body };
  const headers = signatureHeaders(schemes, secrets, message);
  new Webhook(secrets[0]!).verify(body, headers);

  const [, v1a] = headers['webhook-signature']!.split(' ');
  t.match(v1a, /^v1a,[A-Za-z0-9+/]{86}==$/);
  const { keys } = jsonWebKeySet([privateKey]);
  t.match(keys, [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: /^[\w-]{43}$/ }]);
  t.strictSame(Object.keys(keys[0]!).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  const key = createPublicKey({ key: keys[0]!, format: 'jwk' });
  const signature = Buffer.from(v1a!.slice(4), 'base64');
  const signed = (text: string) => Buffer.from(`msg_1.${message.timestampSeconds}.${text}`);
  t.ok(verify(null, signed(body), key, signature));
  t.notOk(verify(null, signed(`${body} `), key, signature));

  t.equal(publicKeyText(privateKey), publicKey);
  t.equal(Buffer.from(publicKey.slice(5), 'base64').toString('base64url'), keys[0]!.x);
});

t.test('a signing key is a seed, with or without its public half', async (t) => {
  // RFC 8032 §7.1, test 1.
  const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
  const publicHalf = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
  const keyOf = (hex: string) => `whsk_${Buffer.from(hex, 'hex').toString('base64')}`;
  const expected = `whpk_${Buffer.from(publicHalf, 'hex').toString('base64')}`;
  t.equal(publicKeyText(keyOf(seed)), expected);
  t.equal(publicKeyText(keyOf(seed + publicHalf)), expected);
  t.throws(() => publicKeyText(keyOf(seed + seed)), RangeError);
  t.throws(() => publicKeyText(keyOf(seed.slice(2))), RangeError);
  t.throws(() => publicKeyText(`whsec_${keyOf(seed).slice(5)}`), RangeError);
  const message = { id: 'a', timestampSeconds: 1, body };
  t.throws(() => signStandardWebhooksV1a('whsk_', message), RangeError);
});

t.test('a generated secret is 32 random bytes in the Standard Webhooks form', async (t) => {
  const secrets = Array.from({ length: 100 }, generateSecret);
  t.equal(new Set(secrets).size, 100);
  for (const secret of secrets) {
    t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    t.equal(secretProblem(secret), undefined);
  }
});

t.test('a secret that verifiers could not use is refused', async (t) => {
  const { privateKey, publicKey } = generateSigningKeyPair();
  for (const secret of [
    '',
    'whsec_',
    'whsec_a',
    'whsec_not base64',
    'whsec_é',
    'whsec_teststripe',
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o',
    'whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD',
    'whsec_C2FVsBQIhrscChlQIMVb5sSYspob7oDaa',
    `v1,${generateSecret()}`,
    `whsec_${randomBytes(15).toString('base64')}`,
    `whsec_${randomBytes(32).toString('base64').slice(0, -1)}`,
    'a\0b',
    privateKey,
    publicKey,
  ]) {
    t.type(secretProblem(secret), 'string', JSON.stringify(secret));
  }
  for (const secret of ['x', 'pässword', "It's a Secret to Everybody", 's3cr3t']) {
    t.equal(secretProblem(secret), undefined, secret);
  }
  t.match(secretProblem(`whsec_${randomBytes(32).toString('base64').slice(0, -1)}`), /with =$/);
});

t.test('base64 without whsec_ is refused where verifiers would decode it', async (t) => {
  const base64 = randomBytes(32).toString('base64');
  t.match(verifierProblem(base64, ['standard-webhooks']), /put whsec_ before it/);
  t.equal(verifierProblem(base64, ['standard-webhooks', 'github']), undefined);
  t.equal(verifierProblem(base64, ['github']), undefined);
  for (const secret of ['s3cr3t', 'a secret of my own', randomBytes(32).toString('hex')]) {
    t.equal(verifierProblem(secret, ['standard-webhooks']), undefined, secret);
  }
});
