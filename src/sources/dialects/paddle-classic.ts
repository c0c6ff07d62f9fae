import { isSignedByKeyPair, signWithKeyPair } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { keysOf, privateKeyOf } from '../keys.ts';
import { readRequest, type Reading } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const FIELD = 'p_signature';

/** RSA over the other fields of the form, in PHP's serialization. */
export const paddleClassic: Dialect = {
  verify({ request, secrets }) {
    const reading = readRequest(request);
    const signature = reading.field(FIELD);
    if (signature === undefined) {
      return refuse('signature_missing', `There is no form field \`${FIELD}\`.`);
    }
    const keys = secrets.flatMap((secret) => keysOf(secret, 'spki-base64'));
    if (keys.length === 0) {
      return refuse('secret_unusable', "The source's secret must be Paddle's public key, in PEM.");
    }
    const given = { signatures: [signature], encoding: 'base64' as const };
    return isSignedByKeyPair('rsa-sha1', keys, [serialized(reading)], given)
      ? VERIFIED
      : refuse('signature_mismatch', 'The public key of the source does not fit the signature.');
  },

  sign({ request, secret }) {
    const key = privateKeyOf(secret);
    if (key === undefined) return undefined;
    const signature = signWithKeyPair('rsa-sha1', key, [serialized(readRequest(request))]);
    const field = new URLSearchParams({ [FIELD]: signature.toString('base64') });
    return { ...request, body: Buffer.from(`${request.body.toString()}&${field.toString()}`) };
  },
};

/** PHP counts bytes. */
function serialized(reading: Reading): string {
  const fields = [...reading.form()]
    .filter(([name]) => name !== FIELD)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => [name, values.at(-1) ?? ''] as const);
  const text = (value: string) => `s:${Buffer.byteLength(value)}:"${value}";`;
  return `a:${fields.length}:{${fields.map((field) => field.map(text).join('')).join('')}}`;
}
