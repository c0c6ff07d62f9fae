import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import t from 'tap';

import { generateSecret, verifyIngestSignature } from '../../src/sender/signature.ts';

const secret = generateSecret();
const nowMs = 1_700_000_000_000;
const body = Buffer.from('{"event": "order.created"}');
const hexOf = (key: string, payload: Buffer) =>
  createHmac('sha256', key).update(payload).digest('hex');

function standardHeaders(timestampMs = nowMs, key = secret) {
  const signature = new Webhook(key).sign('msg_1', new Date(timestampMs), body.toString());
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(timestampMs / 1_000)),
    'webhook-signature': signature,
  };
}

const verify = (headers: Record<string, string | string[] | undefined>, secrets = [secret]) =>
  verifyIngestSignature(headers, body, secrets, nowMs);

t.test('a request without any signature header is absent', async (t) => {
  t.equal(verify({}), 'absent');
  t.equal(verify({ 'stripe-signature': 't=1,v1=00', authorization: 'Bearer x' }), 'absent');
  t.equal(verify({ 'x-signature': undefined }), 'absent');
});

for (const name of ['x-hub-signature-256', 'x-webhook-signature', 'x-signature']) {
  t.test(`${name} is the hex HMAC of the raw body, prefix optional`, async (t) => {
    const hex = hexOf(secret, body);
    for (const value of [hex, `sha256=${hex}`, hex.toUpperCase(), `SHA256=${hex}`, ` ${hex} `]) {
      t.equal(verify({ [name]: value }), 'valid', value);
    }
    t.equal(verify({ [name]: hexOf('old', body) }, [secret, 'old']), 'valid', 'rotation');
    t.equal(verify({ [name]: ['nonsense', hex] }), 'valid', 'sent twice');
    for (const value of [
      '',
      'sha256=',
      hex.slice(1),
      `${hex}0`,
      hex.slice(0, 32),
      `sha1=${hex}`,
      `sha256=sha256=${hex}`,
      hexOf('other', body),
      hexOf('', body),
      'é'.repeat(64),
    ]) {
      t.equal(verify({ [name]: value }), 'invalid', value);
    }
    t.equal(verify({ [name]: hex }, []), 'invalid', 'no secret');
  });
}

t.test('Standard Webhooks headers are verified, rotation included', async (t) => {
  t.equal(verify(standardHeaders()), 'valid');
  const old = generateSecret();
  t.equal(verify(standardHeaders(nowMs, old), [secret, old]), 'valid');
  const several = `v1a,AAAA v1,AAAA ${standardHeaders()['webhook-signature']}`;
  t.equal(verify({ ...standardHeaders(), 'webhook-signature': several }), 'valid');
});

t.test('a Standard Webhooks timestamp may be five minutes off, either way', async (t) => {
  const tolerance = 5 * 60 * 1_000;
  t.equal(verify(standardHeaders(nowMs - tolerance)), 'valid');
  t.equal(verify(standardHeaders(nowMs + tolerance)), 'valid');
  t.equal(verify(standardHeaders(nowMs - tolerance - 1_000)), 'invalid');
  t.equal(verify(standardHeaders(nowMs + tolerance + 1_000)), 'invalid');
});

t.test('incomplete or malformed Standard Webhooks headers are invalid', async (t) => {
  const headers = standardHeaders();
  for (const name of Object.keys(headers)) {
    t.equal(verify({ ...headers, [name]: undefined }), 'invalid', `without ${name}`);
    t.equal(verify({ ...headers, [name]: '' }), 'invalid', `empty ${name}`);
  }
  const timestamp = headers['webhook-timestamp'];
  for (const value of [`+${timestamp}`, `${timestamp}.0`, ` ${timestamp}`, '1e9', 'NaN', '0x65']) {
    t.equal(verify({ ...headers, 'webhook-timestamp': value }), 'invalid', value);
  }
  const bare = headers['webhook-signature'].slice(3);
  for (const value of [bare, `v2,${bare}`, `v1a,${bare}`, `v1,${bare.slice(0, -1)}`, 'v1,', 'v1']) {
    t.equal(verify({ ...headers, 'webhook-signature': value }), 'invalid', value);
  }
});

t.test('one valid signature among wrong ones is enough', async (t) => {
  t.equal(verify({ ...standardHeaders(), 'x-signature': 'nonsense' }), 'valid');
  const stale = standardHeaders(0);
  t.equal(verify({ ...stale, 'x-signature': hexOf(secret, body) }), 'valid');
});

const headerSets: Record<string, Record<string, string>> = {
  standard: standardHeaders(),
  hex: { 'x-hub-signature-256': `sha256=${hexOf(secret, body)}` },
};
for (const [scheme, headers] of Object.entries(headerSets)) {
  t.test(`any change of the body is refused: ${scheme}`, async () => {
    const index = fc.nat({ max: body.length - 1 });
    fc.assert(
      fc.property(index, fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const mutated = Buffer.from(body);
        mutated[at]! ^= mask;
        return verifyIngestSignature(headers, mutated, [secret], nowMs) === 'invalid';
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const other = Buffer.from(bytes);
        const expected = other.equals(body) ? 'valid' : 'invalid';
        return verifyIngestSignature(headers, other, [secret], nowMs) === expected;
      }),
    );
  });

  t.test(`any change of a header is refused: ${scheme}`, async () => {
    const name = fc.constantFrom(...Object.keys(headers));
    fc.assert(
      fc.property(name, fc.nat(), fc.integer({ min: 1, max: 127 }), (key, at, mask) => {
        const original = headers[key]!;
        const bytes = Buffer.from(original);
        bytes[at % bytes.length]! ^= mask;
        const changed = bytes.toString('latin1');
        const isSame = scheme === 'hex' && canonicalHex(changed) === canonicalHex(original);
        return (verify({ ...headers, [key]: changed }) === 'valid') === isSame;
      }),
      { numRuns: 500 },
    );
  });

  t.test(`nothing that is not signed is valid: ${scheme}`, async () => {
    const names = Object.keys(headers);
    const values = fc.array(fc.string({ unit: 'binary' }), {
      minLength: names.length,
      maxLength: names.length,
    });
    fc.assert(
      fc.property(values, (given) => {
        const forged = Object.fromEntries(names.map((name, at) => [name, given[at]]));
        return verify(forged) === 'invalid';
      }),
    );
  });
}

/** Case and surrounding space of the hex form do not matter. */
function canonicalHex(value: string): string {
  return value.trim().toLowerCase();
}
