import { hmacOf, isHmacAmong } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { keysOf } from '../keys.ts';
import { readRequest, type SourceRequest } from '../request.ts';
import { isRecord, nodesAt, textAt } from '../values.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const ITEMS = '/notificationItems/*/NotificationRequestItem';
const SIGNED = [
  '/pspReference',
  '/originalReference',
  '/merchantAccountCode',
  '/merchantReference',
  '/amount/value',
  '/amount/currency',
  '/eventCode',
  '/success',
];
const SIGNATURE = '/additionalData/hmacSignature';

/** Each item of the body carries a signature of eight of its fields; the rest of it is unsigned. */
export const adyenPayments: Dialect = {
  verify({ request, secrets }) {
    const items = nodesAt(readRequest(request).json(), ITEMS);
    if (items.length === 0) {
      return refuse('body_unreadable', 'The body has no notificationItems.');
    }
    const keys = secrets.flatMap((secret) => keysOf(secret, 'hex'));
    if (keys.length === 0) {
      return refuse('secret_unusable', "The source's secret must be the HMAC key, in hex digits.");
    }
    for (const item of items) {
      const signature = textAt(item, SIGNATURE);
      if (signature === undefined) {
        return refuse(
          'signature_missing',
          'An item has no additionalData.hmacSignature. Generate an HMAC key at Adyen and save it there.',
        );
      }
      const given = { signatures: [signature], encoding: 'base64' as const };
      if (!isHmacAmong('hmac-sha256', keys, [signedText(item)], given)) {
        return refuse(
          'signature_mismatch',
          'No secret of the source signed an item. Copy the HMAC key again.',
        );
      }
    }
    return VERIFIED;
  },

  sign({ request, secret }) {
    const body: unknown = readRequest(request).json();
    const [key] = keysOf(secret, 'hex');
    const items = nodesAt(body, ITEMS).filter(isRecord);
    if (key === undefined || items.length === 0) return undefined;
    for (const item of items) {
      const hmacSignature = hmacOf('hmac-sha256', key, [signedText(item)]).toString('base64');
      item['additionalData'] = { hmacSignature };
    }
    return withBody(request, JSON.stringify(body));
  },
};

function signedText(item: unknown): string {
  return SIGNED.map((pointer) => textAt(item, pointer) ?? '').join(':');
}

function withBody(request: SourceRequest, body: string): SourceRequest {
  return { ...request, body: Buffer.from(body) };
}
