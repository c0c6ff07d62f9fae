import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonText } from './json-texts.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';

const BATCH_SIZE = 100;
/** What stays below the limit of a request together with its envelopes. */
const MAX_BATCH_BYTES = 900_000;
/** One in this many goes to `POST /ingest/{subscription_id}` by itself. */
const INGEST_EVERY = 10;
const QUIET_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const TENANT = 'fuzz-payloads';

/**
 * Publishes JSON texts, in batches and one by one, and looks whether each arrives as the bytes
 * that were sent. Gives up when nothing has arrived for a minute.
 */
export async function fuzzPayloads(
  { origin, key, receiver }: Stage,
  { seed, count }: { seed: number; count: number },
): Promise<Tally> {
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<any> =>
    postJson(`${origin}${path}`, body, { authorization: `Bearer ${key}`, ...headers });
  const subscription = await post(
    '/subscriptions',
    JSON.stringify({
      target_url: receiver.url,
      tenant: TENANT,
    }),
  );
  const texts = fc.sample(jsonText, { numRuns: count, seed });
  const expected = new Map<string, string>();
  const expect = (id: string, text: string) => void expected.set(id, digestOf(text));

  const single = texts.filter((_, index) => index % INGEST_EVERY === 0);
  for (const text of single) {
    const headers = { 'x-event-type': 'fuzz' };
    expect((await post(`/ingest/${subscription.id}`, text, headers)).event_id, text);
  }
  for (const batch of batchesOf(texts.filter((_, index) => index % INGEST_EVERY !== 0))) {
    const events = batch.map(
      (text) => `{"tenant":"${TENANT}","event_type":"fuzz","payload": ${text}\n}`,
    );
    const { data } = await post('/events', `[${events.join(',')}]`);
    for (const [index, { id }] of data.entries()) expect(id, batch[index] as string);
  }

  await untilArrived(expected, receiver.digests);
  const violations = [...expected]
    .filter(([id, digest]) => receiver.digests.get(id) !== digest)
    .map(
      ([id]) => `event ${id} ${receiver.digests.has(id) ? 'arrived changed' : 'did not arrive'}`,
    );
  return {
    name: `payloads delivered with the same SHA-256, seed ${seed}`,
    count: expected.size,
    violations,
  };
}

function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = [];
  let bytes = Infinity;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    if (bytes + size > MAX_BATCH_BYTES || (batches.at(-1)?.length ?? 0) >= BATCH_SIZE) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(text);
    bytes += size;
  }
  return batches;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function untilArrived(
  expected: ReadonlyMap<string, string>,
  arrived: ReadonlyMap<string, string>,
): Promise<void> {
  let known = -1;
  let changedAtMs = performance.now();
  while (performance.now() - changedAtMs < QUIET_TIMEOUT_MS) {
    if ([...expected.keys()].every((id) => arrived.has(id))) return;
    if (arrived.size !== known) {
      known = arrived.size;
      changedAtMs = performance.now();
    }
    await delay(POLL_MS);
  }
}

async function postJson(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
