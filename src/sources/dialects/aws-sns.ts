import { isSignedByKeyPair } from '../algorithms.ts';
import type { Dialect } from '../dialect.ts';
import { readRequest } from '../request.ts';
import { textAt } from '../values.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
];
const ALGORITHMS = { '1': 'rsa-sha1', '2': 'rsa-sha256' } as const;
const HOST = String.raw`https://sns\.[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?`;
const CERTIFICATE_URL = new RegExp(`^${HOST}/SimpleNotificationService-[A-Za-z0-9]{1,64}\\.pem$`);

/** RSA over some members of the body, with a certificate that the body names. */
export const awsSns: Dialect = {
  async verify({ request, nowMs, parameters, remoteKeys }) {
    const message = readRequest(request).json();
    const member = (name: string) => textAt(message, `/${name}`);
    const type = member('Type');
    const signature = member('Signature');
    const certificateUrl = member('SigningCertURL');
    if (type === undefined || signature === undefined || certificateUrl === undefined) {
      return refuse(
        'signature_missing',
        'The body is no signed message of SNS. Turn raw message delivery off.',
      );
    }
    const algorithm = algorithmOf(member('SignatureVersion'));
    if (algorithm === undefined) {
      return refuse('signature_malformed', 'Its SignatureVersion is neither 1 nor 2.');
    }
    const topic = parameters['topic_arn'];
    if (topic !== undefined && member('TopicArn') !== topic) {
      return refuse('claim_mismatch', `The message is not of the topic ${topic}.`);
    }
    if (!CERTIFICATE_URL.test(certificateUrl)) {
      return refuse('key_untrusted', 'SigningCertURL is not an address of SNS.');
    }
    const found = await remoteKeys.certificateKey(certificateUrl, nowMs, { isChained: false });
    if ('problem' in found) {
      return refuse(found.isUntrusted ? 'key_untrusted' : 'key_unavailable', found.problem);
    }
    const text = (type === 'Notification' ? NOTIFICATION : CONFIRMATION)
      .flatMap((name) => {
        const value = member(name);
        return value === undefined ? [] : [`${name}\n${value}\n`];
      })
      .join('');
    const given = { signatures: [signature], encoding: 'base64' as const };
    return isSignedByKeyPair(algorithm, [found.key], [text], given)
      ? VERIFIED
      : refuse(
          'signature_mismatch',
          'The signature does not fit the message: it was changed on its way.',
        );
  },
};

function algorithmOf(version: string | undefined) {
  return version === '1' || version === '2' ? ALGORITHMS[version] : undefined;
}
