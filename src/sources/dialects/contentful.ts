import { hmacOf, isHmacAmong } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { keysOf } from '../keys.ts';
import { readRequest, type Reading } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';
import { parseTimestamp, windowProblem } from '../window.ts';

const SIGNATURE = 'x-contentful-signature';
const NAMES = 'x-contentful-signed-headers';
const TIMESTAMP = 'x-contentful-timestamp';
const TOPIC = 'x-contentful-topic';
const WINDOW = [30, null] as const;

/** Method, path, headers of its choice and the body, on lines of their own. */
export const contentful: Dialect = {
  verify({ request, secrets, nowMs }) {
    const reading = readRequest(request);
    const signature = reading.header(SIGNATURE);
    const names = namesOf(reading);
    if (signature === undefined) {
      return refuse(
        'signature_missing',
        `There is no \`${SIGNATURE}\`. Enable request verification at Contentful.`,
      );
    }
    if (![NAMES, TIMESTAMP].every((name) => names.includes(name))) {
      return refuse('signature_malformed', `\`${NAMES}\` does not list the timestamp and itself.`);
    }
    const timestampMs = parseTimestamp(reading.header(TIMESTAMP) ?? '', 'milliseconds');
    if (timestampMs === undefined) {
      return refuse('timestamp_malformed', `\`${TIMESTAMP}\` is not in milliseconds.`);
    }
    const late = windowProblem(timestampMs, nowMs, WINDOW);
    if (late !== undefined) return late;
    const keys = secrets.flatMap((secret) => keysOf(secret, 'text'));
    const given = { signatures: [signature], encoding: 'hex' as const };
    return isHmacAmong('hmac-sha256', keys, partsOf(reading, names), given)
      ? VERIFIED
      : refuse(
          'signature_mismatch',
          `No secret of the source gives the \`${SIGNATURE}\`. Contentful signs the path of ${request.url} too.`,
        );
  },

  sign({ request, secret, nowMs }) {
    const [key] = keysOf(secret, 'text');
    if (key === undefined) return undefined;
    const names = ['content-type', NAMES, TIMESTAMP, TOPIC];
    const headers = [...request.headers, NAMES, names.join(','), TIMESTAMP, String(nowMs)];
    const stamped = { ...request, headers };
    const hmac = hmacOf('hmac-sha256', key, partsOf(readRequest(stamped), names));
    return { ...stamped, headers: [...headers, SIGNATURE, hmac.toString('hex')] };
  },

  /** The topic counts when it is among the signed headers. */
  read(request) {
    const reading = readRequest(request);
    return { type: namesOf(reading).includes(TOPIC) ? reading.header(TOPIC) : undefined };
  },
};

function namesOf(reading: Reading): string[] {
  return (reading.header(NAMES) ?? '')
    .split(',')
    .slice(0, 100)
    .map((name) => name.trim().toLowerCase());
}

function partsOf(reading: Reading, names: readonly string[]): (string | Buffer)[] {
  const { method, url, body } = reading.request;
  const path = url.replace(/^https?:\/\/[^/?#]*/, '') || '/';
  const headers = names.map((name) => `${name}:${(reading.header(name) ?? '').trim()}`).join(';');
  return [`${method}\n${path}\n${headers}\n`, body];
}
