/**
 * Adds a signed request of each kind that has none yet to test/fixtures/source-vectors.json. What is
 * there stays: a row that changes what it takes for signed fails the test of its vector.
 */
import { readFile, writeFile } from 'node:fs/promises';

import { inventSecret, NOW_MS, SIGNABLE, signedSample } from '../../test/helpers/sources.ts';

const FILE = new URL('../../test/fixtures/source-vectors.json', import.meta.url);

const known: { kind: string }[] = JSON.parse(await readFile(FILE, 'utf8').catch(() => '[]'));
const missing = SIGNABLE.filter(({ name }) => !known.some(({ kind }) => kind === name));
const added = missing.map((kind) => {
  const { secret, signing } = inventSecret(kind);
  const { method, url, headers, body } = signedSample(kind, signing, NOW_MS);
  return { kind: kind.name, secret, nowMs: NOW_MS, method, url, headers, body: body.toString() };
});
await writeFile(FILE, `${JSON.stringify([...known, ...added], null, 2)}\n`);
process.stdout.write(`${added.length} added, ${known.length} kept\n`);
