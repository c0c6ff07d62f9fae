import { hmacOf, isHmacAmong } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { keysOf } from '../keys.ts';
import { parseJson, readRequest, type SourceRequest } from '../request.ts';
import { isRecord, textAt } from '../values.ts';
import { refuse, VERIFIED } from '../verdict.ts';

/** The field `json` of a form holds a hash of the event's time and type; nothing else is signed. */
export const dropboxSign: Dialect = {
  verify({ request, secrets }) {
    const document = documentOf(request);
    const hash = textAt(document, '/event/event_hash');
    if (hash === undefined) {
      return refuse('signature_missing', 'The form field `json` has no event.event_hash.');
    }
    const keys = secrets.flatMap((secret) => keysOf(secret, 'text'));
    const given = { signatures: [hash], encoding: 'hex' as const };
    return isHmacAmong('hmac-sha256', keys, [signedText(document)], given)
      ? VERIFIED
      : refuse(
          'signature_mismatch',
          'No secret of the source gives event.event_hash. The secret is the API key.',
        );
  },

  sign({ request, secret, nowMs }) {
    const document = documentOf(request);
    const event = isRecord(document) ? document['event'] : undefined;
    const [key] = keysOf(secret, 'text');
    if (key === undefined || !isRecord(event)) return undefined;
    event['event_time'] = String(Math.floor(nowMs / 1_000));
    event['event_hash'] = hmacOf('hmac-sha256', key, [signedText(document)]).toString('hex');
    const json = JSON.stringify(document);
    const boundary = 'sample-boundary';
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n${json}\r\n--${boundary}--\r\n`;
    return {
      ...request,
      headers: ['content-type', `multipart/form-data; boundary=${boundary}`],
      body: Buffer.from(body),
    };
  },
};

function documentOf(request: SourceRequest): unknown {
  return parseJson(readRequest(request).field('json') ?? '');
}

function signedText(document: unknown): string {
  const time = textAt(document, '/event/event_time') ?? '';
  return time + (textAt(document, '/event/event_type') ?? '');
}
