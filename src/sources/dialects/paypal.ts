import { crc32 } from 'node:zlib';

import { isSignedByKeyPair } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { readRequest } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const CERTIFICATE_URL =
  /^https:\/\/api(?:-m)?(?:\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[A-Za-z0-9-]{1,100}$/;
const COMMON_NAMES = {
  live: 'messageverificationcerts.paypal.com',
  sandbox: 'messageverificationcerts.sandbox.paypal.com',
};

/** RSA over id, time, webhook id and the body's CRC-32, with a certificate that a header names. */
export const paypal: Dialect = {
  async verify({ request, nowMs, parameters, remoteKeys }) {
    const reading = readRequest(request);
    const header = (name: string) => reading.header(`paypal-${name}`);
    const id = header('transmission-id');
    const time = header('transmission-time');
    const signature = header('transmission-sig');
    const url = header('cert-url');
    if (id === undefined || time === undefined || signature === undefined || url === undefined) {
      return refuse('signature_missing', "PayPal's transmission headers are not all there.");
    }
    if (header('auth-algo') !== 'SHA256withRSA') {
      return refuse('signature_malformed', '`paypal-auth-algo` is not SHA256withRSA.');
    }
    if (!CERTIFICATE_URL.test(url)) {
      return refuse('key_untrusted', '`paypal-cert-url` is not an address of PayPal.');
    }
    const isSandbox = url.includes('.sandbox.');
    const commonName = COMMON_NAMES[isSandbox ? 'sandbox' : 'live'];
    const found = await remoteKeys.certificateKey(url, nowMs, { commonName, isChained: true });
    if ('problem' in found) {
      return refuse(found.isUntrusted ? 'key_untrusted' : 'key_unavailable', found.problem);
    }
    const signed = [id, time, parameters['webhook_id'], crc32(request.body)].join('|');
    const given = { signatures: [signature], encoding: 'base64' as const };
    return isSignedByKeyPair('rsa-sha256', [found.key], [signed], given)
      ? VERIFIED
      : refuse(
          'signature_mismatch',
          "The signature does not fit. Check the source's `webhook_id`, and that nothing on the way changes the body.",
        );
  },
};
