import { hmacOf, isHmacAmong } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { textResponse } from '../handshake-response.ts';
import { keysOf } from '../keys.ts';
import { readRequest } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const ALGORITHM = 'hmac-sha1';
/** What Braintree sends. No payload is of this form, so no answer to it signs one. */
const CHALLENGE = /^[a-f0-9]{20,32}$/;

/** A form of two fields; the key is the SHA-1 of the private key, the payload base64 of XML. */
export const braintree: Dialect = {
  verify({ request, secrets, parameters }) {
    const reading = readRequest(request);
    const payload = reading.field('bt_payload');
    const signature = reading.field('bt_signature');
    if (payload === undefined || signature === undefined) {
      return refuse('signature_missing', 'The form lacks `bt_signature` or `bt_payload`.');
    }
    if (!/^[A-Za-z0-9+/=\n]{40,}$/.test(payload)) {
      return refuse('body_unreadable', 'The form field `bt_payload` is no base64.');
    }
    const publicKey = parameters['public_key'];
    const signatures = signature
      .split('&')
      .slice(0, 32)
      .map((pair) => pair.split('|'))
      .flatMap(([owner, value]) =>
        value === undefined || (publicKey !== undefined && owner !== publicKey) ? [] : [value],
      );
    const keys = secrets.flatMap((secret) => keysOf(secret, 'sha1'));
    const given = { signatures, encoding: 'hex' as const };
    const isSigned = [payload, `${payload}\n`].some((text) =>
      isHmacAmong(ALGORITHM, keys, [text], given),
    );
    return isSigned
      ? VERIFIED
      : refuse(
          'signature_mismatch',
          "No secret of the source signed the payload. The secret is the private key; the source's `public_key` must belong to it.",
        );
  },

  sign({ request, secret, parameters }) {
    const payload = readRequest(request).field('bt_payload');
    const [key] = keysOf(secret, 'sha1');
    if (payload === undefined || key === undefined) return undefined;
    const hmac = hmacOf(ALGORITHM, key, [payload]).toString('hex');
    const form = new URLSearchParams({
      bt_signature: `${parameters['public_key'] ?? 'sample'}|${hmac}`,
      bt_payload: payload,
    });
    return { ...request, body: Buffer.from(form.toString()) };
  },

  read(request) {
    const payload = readRequest(request).field('bt_payload');
    if (payload === undefined) return {};
    const xml = Buffer.from(payload, 'base64').toString('utf8');
    return { type: /<kind>([a-z0-9_]{1,100})<\/kind>/i.exec(xml)?.[1] };
  },

  answerHandshake({ request, secrets: [secret], parameters }) {
    const challenge = readRequest(request).query('bt_challenge');
    const publicKey = parameters['public_key'];
    const [key] = secret === undefined ? [] : keysOf(secret, 'sha1');
    if (request.method !== 'GET' || challenge === undefined || !CHALLENGE.test(challenge)) {
      return undefined;
    }
    if (publicKey === undefined || key === undefined) return undefined;
    return textResponse(`${publicKey}|${hmacOf(ALGORITHM, key, [challenge]).toString('hex')}`);
  },
};
