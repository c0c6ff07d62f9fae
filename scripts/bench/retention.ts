/**
 * What it costs to drop periods that are over and to keep what failed in them, while events are
 * accepted and recorded: `npm run bench:retention -- --events 20000000 --failed 1`. Needs about 1.3 KB
 * of disk per event in the folder for temporary files, and gives it back.
 */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, type ClientBase, type Pool } from 'pg';
import {
  ACCEPT_SETTINGS,
  createPool,
  LOAD_SETTINGS,
  RECORD_SETTINGS,
} from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { recordAttempts } from '../../src/attempts/attempt-recorder.repository.ts';
import { createAcceptService } from '../../src/accept/accept.service.ts';
import { createLogger } from '../../src/base/logger.ts';
import {
  buildKept,
  dropLeftOver,
  findEndedPeriods,
  swapPeriod,
  whileAloneDropping,
} from '../../src/retention/retention.repository.ts';
import { openServer, type BenchDatabase } from './postgres.ts';

const PERIODS = 2;
const RETENTION = { retentionHours: 72, failedRetentionDays: 14 };
const SENDERS = 8;
const QUIET_MS = 15_000;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    failed: { type: 'string', default: '1' },
  },
});
const eventCount = Number(values.events);
const failedPercent = Number(values.failed);
const write = (line: string) => void process.stdout.write(`${line}\n`);
const logger = createLogger({ logLevel: 'error' });

type Traffic = { readonly take: () => number[]; readonly stop: () => Promise<void> };

/** Accepts and records for as long as it is not stopped; `take` answers the latencies so far. */
function startTraffic(acceptPool: Pool, recordPool: Pool): Traffic {
  const accepting = createAcceptService({ pool: acceptPool, concurrency: 3, now: Date.now });
  let latenciesMs: number[] = [];
  const over = new AbortController();
  const event = { eventType: 'bench.live', payload: '{}', payloadBytes: 2 };
  const senders = Array.from({ length: SENDERS }, async () => {
    while (!over.signal.aborted) {
      const startedAt = performance.now();
      const [accepted] = await accepting.accept({ tenant: 'default', events: [event] });
      await recordAttempts(recordPool, null, [
        {
          deliveryId: accepted?.deliveryId ?? '',
          attemptNumber: 1,
          statusCode: 200,
          durationMs: 10,
          startedAtMs: startedAt,
          error: null,
          responseHeaders: null,
          responseBody: null,
          note: null,
          sends: 1,
          targetUrl: 'https://receiver.example/',
          verdict: { outcome: 'success', status: 'delivered', reason: null, waitMs: null },
        },
      ]);
      latenciesMs.push(performance.now() - startedAt);
      await delay(10);
    }
  });
  return {
    take() {
      const taken = latenciesMs;
      latenciesMs = [];
      return taken.sort((a, b) => a - b);
    },
    async stop() {
      over.abort();
      await Promise.all(senders);
    },
  };
}

function describe(latenciesMs: readonly number[]): string {
  const at = (share: number) =>
    (latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN).toFixed(1);
  return (
    `${latenciesMs.length} accepted and recorded, p50 ${at(0.5)}, p99 ${at(0.99)}, ` +
    `max ${(latenciesMs.at(-1) ?? NaN).toFixed(1)} ms`
  );
}

/** Fills periods that ended three days ago and earlier, at the same time. */
async function fill(database: BenchDatabase): Promise<void> {
  const template = await readFile(new URL('./sql/ended.sql', import.meta.url), 'utf8');
  await database.query("alter system set max_wal_size = '8GB'");
  await database.query('select pg_reload_conf()');
  await Promise.all(
    Array.from({ length: PERIODS }, (_, index) => fillPeriod(database, template, index)),
  );
  await database.query('vacuum (analyze) posthorn.events, posthorn.deliveries, posthorn.attempts');
  await database.checkpoint();
}

/** Each statement in a transaction of its own, so that none waits for the other's attaching. */
async function fillPeriod({ url }: BenchDatabase, template: string, index: number): Promise<void> {
  const startedAt = performance.now();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("set maintenance_work_mem = '512MB'");
  const {
    rows: [row],
  } = await client.query<{ period: string }>(
    `select to_char(date_bin('12 hours', now() - interval '4 days' - $1 * interval '12 hours',
      '2020-01-01 00:00+00') at time zone 'UTC', 'YYYYMMDD_HH24') as period`,
    [index],
  );
  const period = row?.period ?? '';
  const statements = template
    .replaceAll(':period', period)
    .replaceAll(':events', String(Math.round(eventCount / PERIODS)))
    .replaceAll(':failed', String(failedPercent));
  for (const statement of statements.split(';\n')) {
    await client.query(statement);
    write(
      `${period}: ${Math.round((performance.now() - startedAt) / 1000)} s, ` +
        (/^(create|insert|drop|alter)[^(\n]*/m.exec(statement)?.[0] ?? 'done').trim(),
    );
  }
  await client.end();
}

async function timed<T>(database: BenchDatabase, what: string, work: () => Promise<T>): Promise<T> {
  const [cpuUs, walBytes, startedAt] = [
    await database.cpuUs(),
    await database.walBytes(),
    performance.now(),
  ];
  const result = await work();
  const ms = performance.now() - startedAt;
  const cpuMs = ((await database.cpuUs()) - cpuUs) / 1000;
  const walMb = ((await database.walBytes()) - walBytes) / 1_000_000;
  write(
    `| ${what} | ${ms.toFixed(0)} ms | ${cpuMs.toFixed(0)} ms | ${walMb.toFixed(1)} MB | ${JSON.stringify(result)} |`,
  );
  return result;
}

async function dropAll(database: BenchDatabase, client: ClientBase): Promise<void> {
  write(
    '| step | time | CPU of Postgres, traffic included | WAL, traffic included | result |\n|---|---|---|---|---|',
  );
  for (const ended of await findEndedPeriods(client, RETENTION)) {
    await timed(database, `${ended.period}: find and copy`, () => buildKept(client, ended));
    let outcome: string;
    do outcome = await timed(database, `${ended.period}: swap`, () => swapPeriod(client, ended));
    while (outcome === 'busy');
    await timed(database, `${ended.period}: drop`, () => dropLeftOver(client, RETENTION));
  }
}

async function showSizes(database: BenchDatabase, when: string): Promise<void> {
  const rows = await database.query<{ name: string; mb: number }>(
    `select name, round(total_bytes / 1e6)::integer as mb from posthorn.partitions
    where total_bytes > 1000000 order by name`,
  );
  write(`${when}: ${rows.map(({ name, mb }) => `${name} ${mb} MB`).join(', ')}`);
}

const server = await openServer(undefined);
try {
  const database = await server.createDatabase();
  await migrate(database.url, { logger });
  await database.query(`insert into posthorn.subscriptions (tenant, id, target_url)
    values ('default', posthorn.uuid_v7(), 'https://receiver.example/')`);
  await fill(database);
  await showSizes(database, 'before');
  const poolOf = (name: string, max: number, settings: typeof LOAD_SETTINGS) =>
    createPool(database.url, { name, max, logger, settings });
  const [accept, record, load] = [
    poolOf('accept', 3, ACCEPT_SETTINGS),
    poolOf('record', 3, RECORD_SETTINGS),
    poolOf('load', 2, LOAD_SETTINGS),
  ];
  const traffic = startTraffic(accept, record);
  await delay(QUIET_MS);
  write(`while nothing is dropped: ${describe(traffic.take())}`);
  await whileAloneDropping(load, (client) => dropAll(database, client));
  write(`while dropping: ${describe(traffic.take())}`);
  await traffic.stop();
  await showSizes(database, 'after');
  await Promise.all([accept.end(), record.end(), load.end()]);
  await database.drop();
} finally {
  await server.stop();
}
