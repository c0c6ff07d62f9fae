/*
 * Starts everything, sends every example payload of GitHub's webhooks through every publishing endpoint to a receiver
 * that fails now and then, and holds what arrives against what was sent. Exits with 1 when a
 * delivery is missing, differs by a byte, does not verify, or is not in the log.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import { findEmbeddedPostgres } from '../src/database/embedded.ts';
import { loadPayloads } from './demo/payloads.ts';
import { startReceiver } from './demo/receiver.ts';
import { replay, type Result } from './demo/replay.ts';
import { formatReport } from './demo/report.ts';
import { startService } from './demo/service.ts';
import { waysIn } from './demo/ways-in.ts';

const RETRY_SCHEDULE = '1s,1s,2s,5s';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function demonstrate(dataDir: string, signal: AbortSignal): Promise<Result[]> {
  await using closers = new AsyncDisposableStack();
  const payloads = loadPayloads();
  say(`Starting Posthorn on an embedded Postgres in ${dataDir}`);
  const service = await startService({ DATA_DIR: dataDir, RETRY_SCHEDULE });
  closers.defer(() => service.stop());
  const receiver = await startReceiver();
  closers.defer(() => receiver.close());
  const database = new pg.Pool({ connectionString: await findEmbeddedPostgres(dataDir) });
  closers.defer(() => database.end());

  say(
    `Sending ${payloads.length} payloads through each endpoint; one first attempt in ten is rejected\n`,
  );
  const results: Result[] = [];
  for (const wayIn of waysIn(service, database)) {
    signal.throwIfAborted();
    results.push(await replay(wayIn, payloads, { service, receiver, signal }));
  }
  return results;
}

const startedAtMs = performance.now();
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort(new Error('interrupted')));
process.once('SIGTERM', () => interruption.abort(new Error('interrupted')));

const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-demo-'));
try {
  const results = await demonstrate(dataDir, interruption.signal);
  say(formatReport(results));
  const isRight = results.every(({ mismatches }) => mismatches.length === 0);
  const tookSeconds = Math.round((performance.now() - startedAtMs) / 1_000);
  say(
    isRight
      ? `Everything arrived as it was sent. ${tookSeconds} s in all, with start and stop.`
      : '',
  );
  process.exitCode = isRight ? 0 : 1;
} catch (error) {
  process.stderr.write(interruption.signal.aborted ? 'Interrupted.\n' : `${inspect(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
