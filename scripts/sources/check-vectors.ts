/**
 * Runs signed requests of a file through the table: `node scripts/sources/check-vectors.ts FILE`.
 * Each is verified at the time it states, and refused once its body is altered, or it is listed.
 *
 * FILE is a JSON array of { provider, shape, secret, url, method, timestamp (seconds), headers,
 * body_base64 }; `shape` is a kind, or `own-code` where the provider's name says it.
 */
import { X509Certificate, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { KINDS } from '../../src/sources/kinds.ts';
import { readEvent } from '../../src/sources/event.ts';
import type { Verification } from '../../src/sources/dialect.ts';
import type { Kind } from '../../src/sources/kind.ts';
import type { RemoteKeys } from '../../src/sources/remote-keys.ts';
import { verify } from '../../src/sources/verify.ts';

interface Vector {
  provider: string;
  shape: string;
  secret: string;
  url: string;
  method: string;
  timestamp: number;
  headers: Record<string, string>;
  body_base64: string;
}

/** What the file calls differently. */
const NAMES: Record<string, string> = {
  'coinbase-cdp (hook0)': 'coinbase-cdp',
  'cloudevents-structured': 'cloudevents',
  'cloudevents-binary-text': 'cloudevents',
  'docusign-xml': 'docusign',
  // Listed under the shape of their model.
  polar: 'polar',
  'gitlab-signed': 'gitlab-signed',
};

function kindOf({ provider, shape }: Vector): Kind | undefined {
  const names = [NAMES[provider], shape === 'own-code' ? provider : shape];
  return names
    .map((name) => name && KINDS.find(name))
    .find((kind) => kind !== undefined && kind !== '') as Kind | undefined;
}

/** The key that a vector brings, at whatever address it is asked for. */
function keysFrom(secret: string): RemoteKeys {
  const key = secret.startsWith('{')
    ? createPublicKey({ key: JSON.parse(secret), format: 'jwk' })
    : secret.includes('CERTIFICATE')
      ? new X509Certificate(secret).publicKey
      : createPublicKey(secret);
  const answer = () => Promise.resolve({ key });
  return { certificateKey: answer, setKey: answer, namedKey: answer };
}

const PARAMETERS = { webhook_id: 'WH-ID-INV', client_id: 'x', client_secret: 'x' };

function verificationOf(vector: Vector, kind: Kind, body: Buffer): Verification {
  const needsKeys = kind.needs_secret === false;
  return {
    kind,
    secrets: needsKeys ? [] : [vector.secret],
    request: {
      method: vector.method,
      url: vector.url,
      headers: Object.entries(vector.headers).flat(),
      body,
    },
    nowMs: vector.timestamp * 1_000,
    parameters: PARAMETERS,
    remoteKeys: needsKeys
      ? keysFrom(vector.secret)
      : keysFrom('{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'),
  };
}

/** A bit of the body, its text, and a value beside those that are there. */
function alterations(body: Buffer): Buffer[] {
  const flipped = Buffer.from(body);
  const at = flipped.length - 3;
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  const text = body.toString();
  const more = /\}\s*$/.test(text) ? text.replace(/\}(\s*)$/, ',"z":1}$1') : `${text}&z=1`;
  return [flipped, Buffer.from(`${text} `), Buffer.from(more)];
}

const [file = ''] = process.argv.slice(2);
const vectors: Vector[] = JSON.parse(await readFile(file, 'utf8'));
let verified = 0;
for (const vector of vectors) {
  const kind = kindOf(vector);
  if (kind === undefined) {
    process.stdout.write(`no kind: ${vector.provider}\n`);
    continue;
  }
  const body = Buffer.from(vector.body_base64, 'base64');
  const input = verificationOf(vector, kind, body);
  const verdict = await verify(input, KINDS.find);
  let isAlteredTaken = false;
  for (const changed of alterations(body)) {
    const { outcome } = await verify(verificationOf(vector, kind, changed), KINDS.find);
    isAlteredTaken ||= outcome === 'verified';
  }
  const event = readEvent(kind, input.request);
  if (verdict.outcome === 'verified') verified += 1;
  else
    process.stdout.write(
      `${verdict.outcome}: ${vector.provider} ${'reason' in verdict ? verdict.reason : ''}\n`,
    );
  if (isAlteredTaken) process.stdout.write(`altered, verified: ${vector.provider}\n`);
  process.stdout.write(`  ${vector.provider} (${kind.name}): ${event.type} ${event.id ?? '-'}\n`);
}
process.stdout.write(`${verified} of ${vectors.length} verified\n`);
