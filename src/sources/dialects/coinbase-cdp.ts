import { hmacOf, isHmacAmong } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { keysOf } from '../keys.ts';
import { readRequest, type Reading } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';
import { parseTimestamp, windowProblem } from '../window.ts';

const HEADER = 'x-hook0-signature';
const WINDOW = [300, 300] as const;

/** Signs headers of its choice with the body, and names them: `t=…,h=name name,v1=…`. */
export const coinbaseCdp: Dialect = {
  verify({ request, secrets, nowMs }) {
    const reading = readRequest(request);
    const pairs = pairsOf(reading.header(HEADER) ?? '');
    const timestamp = pairs.get('t')?.[0];
    const signatures = pairs.get('v1') ?? [];
    const names = pairs.get('h')?.[0];
    if (timestamp === undefined || names === undefined || signatures.length === 0) {
      return refuse('signature_missing', `There is no \`${HEADER}\` with t, h and v1.`);
    }
    const timestampMs = parseTimestamp(timestamp);
    if (timestampMs === undefined) {
      return refuse('timestamp_malformed', 'The timestamp `t` is not in seconds.');
    }
    const late = windowProblem(timestampMs, nowMs, WINDOW);
    if (late !== undefined) return late;
    const keys = secrets.flatMap((secret) => keysOf(secret, 'text'));
    const parts = [`${timestamp}.${names}.${valuesOf(reading, names)}.`, request.body];
    return isHmacAmong('hmac-sha256', keys, parts, { signatures, encoding: 'hex' })
      ? VERIFIED
      : refuse('signature_mismatch', `No secret of the source gives the \`${HEADER}\`.`);
  },

  sign({ request, secret, nowMs }) {
    const [key] = keysOf(secret, 'text');
    if (key === undefined) return undefined;
    const reading = readRequest(request);
    const names = 'content-type x-event-id x-event-type';
    const timestamp = Math.floor(nowMs / 1_000);
    const start = `${timestamp}.${names}.${valuesOf(reading, names)}.`;
    const hmac = hmacOf('hmac-sha256', key, [start, request.body]).toString('hex');
    const value = `t=${timestamp},h=${names},v1=${hmac}`;
    return { ...request, headers: [...request.headers, HEADER, value] };
  },

  /** A header counts when its name is among those that are signed. */
  read(request) {
    const reading = readRequest(request);
    const names =
      pairsOf(reading.header(HEADER) ?? '')
        .get('h')?.[0]
        ?.split(' ') ?? [];
    const signed = (name: string) => (names.includes(name) ? reading.header(name) : undefined);
    return { type: signed('x-event-type'), id: signed('x-event-id') };
  },
};

function pairsOf(text: string): Map<string, string[]> {
  const pairs = new Map<string, string[]>();
  for (const pair of text.split(',').slice(0, 40)) {
    const [key = '', ...value] = pair.split('=');
    pairs.set(key.trim(), [...(pairs.get(key.trim()) ?? []), value.join('=').trim()]);
  }
  return pairs;
}

function valuesOf(reading: Reading, names: string): string {
  return names
    .split(' ')
    .map((name) => reading.header(name.toLowerCase()) ?? '')
    .join('.');
}
