/**
 * Replays a million deliveries, back to their own subscription and then to a new one, with the
 * worker killed in the middle of each, and counts what came of it in the database itself.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openServer, type BenchDatabase } from '../bench/postgres.ts';
import { findFreePort } from '../../src/database/free-port.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { startProcess, type Running } from './processes.ts';

const USAGE = `usage: npm run bench:replay -- [option…]

  --deliveries N   how many to replay (1000000)
  --kill-at X      the share after which the worker is killed (0.4)
  --live           the target is a local receiver that takes them; held for a paused one otherwise
  --postgres URL   a server to use instead of the embedded one; a database is created in it
`;

const ROWS_AT_ONCE = 100_000;
const POLL_MS = 100;

type Replay = {
  id: string;
  status: string;
  total: number;
  seen: number;
  replayed: number;
  skipped: number;
};

type Stage = {
  readonly database: BenchDatabase;
  readonly port: number;
  readonly killAt: number;
  readonly isLive: boolean;
  /** How many there are to be replayed. */
  readonly count: number;
  readonly startWorker: () => Promise<Running>;
};

type Outcome = {
  readonly what: string;
  readonly replay: Replay;
  readonly killedAt: number;
  readonly repeated: number;
  readonly missing: number;
  readonly seconds: number;
  readonly mostJobs: number;
};

function readArguments() {
  const { values } = parseArgs({
    options: {
      deliveries: { type: 'string', default: '1000000' },
      'kill-at': { type: 'string', default: '0.4' },
      live: { type: 'boolean', default: false },
      postgres: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, killAt] = [Number(values.deliveries), Number(values['kill-at'])];
  if (!(count >= 1) || !(killAt >= 0 && killAt < 1)) throw new Error(USAGE);
  return { ...values, count, killAt };
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const format = (count: number): string => count.toLocaleString('en');

async function call<T>(port: number, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Failed deliveries of the last ten hours, of six attempts each. */
async function seed(database: BenchDatabase, subscriptionId: string, count: number): Promise<void> {
  for (let first = 1; first <= count; first += ROWS_AT_ONCE) {
    const last = Math.min(count, first + ROWS_AT_ONCE - 1);
    await database.query(
      `with moment as materialized (
        select posthorn.uuid_v7(at) as id, at, '{"n":' || n || '}' as payload
        from generate_series($2::bigint, $3::bigint) as n
        cross join lateral (
          select now() - (1 - n / $4::float8) * interval '10 hours' - interval '1 minute' as at
        ) as moment
      ),
      event as (
        insert into posthorn.events (id, tenant, event_type, payload, payload_bytes)
        select id, 'default', 'order.created', payload, octet_length(payload) from moment
      )
      insert into posthorn.deliveries (id, tenant, event_id, subscription_id, event_type, status,
        reason, attempt_count, status_code, created_at, completed_at)
      select posthorn.uuid_sibling(id), 'default', id, $1, 'order.created', 'failed', 'exhausted',
        6, 503, at, at + interval '22 minutes'
      from moment`,
      [subscriptionId, first, last, count],
    );
    say(`made ${format(last)} of ${format(count)} failed deliveries`);
  }
  await database.query('vacuum (analyze) posthorn.events, posthorn.deliveries');
}

async function countJobs(database: BenchDatabase): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select count(*)::int as count
    from ${QUEUE_SCHEMA}._private_jobs as j
    join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
    where t.identifier = 'deliver'`,
  );
  return row?.count ?? 0;
}

/** Has a replay done, kills the worker on the way, and looks at what is in the tables then. */
async function play(
  stage: Stage,
  what: string,
  {
    subscriptionId,
    body,
    count,
  }: {
    subscriptionId: string;
    body: object;
    count: () => Promise<{ rows: number; surplus: number }>;
  },
): Promise<Outcome> {
  const { database, port, killAt, startWorker } = stage;
  let worker = await startWorker();
  const startedAtMs = performance.now();
  let replay = await call<Replay>(port, 'POST', `/subscriptions/${subscriptionId}/replay`, body);
  let [killedAt, mostJobs] = [0, 0];
  while (replay.status === 'running') {
    await delay(POLL_MS);
    replay = await call<Replay>(port, 'GET', `/replays/${replay.id}`);
    mostJobs = Math.max(mostJobs, await countJobs(database));
    if (killedAt === 0 && replay.seen >= killAt * stage.count) {
      await worker.kill('SIGKILL');
      killedAt = (await call<Replay>(port, 'GET', `/replays/${replay.id}`)).seen;
      say(`${what}: killed the worker at ${format(killedAt)} of ${format(stage.count)}`);
      worker = await startWorker();
    }
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  if (stage.isLive) await untilDelivered(database, what);
  const { rows, surplus } = await count();
  await worker.kill('SIGTERM');
  const repeated = Math.max(surplus, replay.replayed - rows);
  return { what, replay, killedAt, repeated, missing: stage.count - rows, seconds, mostJobs };
}

async function untilDelivered(database: BenchDatabase, what: string): Promise<void> {
  for (;;) {
    const rows = await database.query(
      `select from posthorn.deliveries where status in ('pending', 'delivering') limit 1`,
    );
    if (rows.length === 0) return;
    say(`${what}: waiting for the last deliveries`);
    await delay(2_000);
  }
}

function print(outcomes: readonly Outcome[], count: number): void {
  for (const { what, replay, ...outcome } of outcomes) {
    const facts: readonly (readonly [string, string])[] = [
      ['status', replay.status],
      [
        'total',
        `${format(count)}${replay.total === count ? '' : `, estimated ${format(replay.total)}`}`,
      ],
      ['killed at', format(outcome.killedAt)],
      ['seen', format(replay.seen)],
      ['replayed', format(replay.replayed)],
      ['skipped', format(replay.skipped)],
      ['missing', format(outcome.missing)],
      ['repeated', format(outcome.repeated)],
      ['deliver jobs, at most', format(outcome.mostJobs)],
      ['time', `${outcome.seconds.toFixed(1)} s, kill and restart included`],
      ['per second', format(Math.round(replay.replayed / outcome.seconds))],
    ];
    process.stdout.write(`\n${what}\n`);
    for (const [name, value] of facts) process.stdout.write(`  ${name.padEnd(22)} ${value}\n`);
    const isRight =
      replay.status === 'completed' &&
      replay.seen === count &&
      outcome.missing === 0 &&
      outcome.repeated === 0;
    if (!isRight) process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  const { help, postgres, count, killAt, live: isLive } = readArguments();
  if (help) return void process.stdout.write(USAGE);
  // Leaving by an exit, not by the signal, has what was started end as well.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const server = await openServer(postgres);
  const receiver = createServer((request, response) => {
    request.resume();
    response.end();
  }).listen(0, '127.0.0.1');
  let api: Running | undefined;
  try {
    const database = await server.createDatabase();
    const port = await findFreePort();
    api = await startProcess('api', database.url, port);
    const target_url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const subscribe = (name: string) =>
      call<{ id: string }>(port, 'POST', '/subscriptions', {
        name,
        target_url,
        event_types: ['order.*'],
        status: isLive ? 'active' : 'paused',
      });
    const [own, other] = [await subscribe('own'), await subscribe('new')];
    await seed(database, own.id, count);
    const stage: Stage = {
      database,
      port,
      killAt,
      isLive,
      count,
      startWorker: () => startProcess('worker', database.url, port),
    };
    const outcomes = [
      await play(stage, 'to a new subscription, from events', {
        subscriptionId: other.id,
        body: { source: 'events' },
        count: () => countMade(database, other.id),
      }),
      await play(stage, 'to their own subscription again', {
        subscriptionId: own.id,
        body: {},
        count: () => countRearmed(database, own.id, isLive),
      }),
    ];
    process.stdout.write(
      `\nNode ${process.version}, Postgres ${server.version}; the target is ` +
        `${isLive ? 'a local receiver' : 'paused: deliveries are held'}\n`,
    );
    print(outcomes, count);
  } finally {
    await api?.kill('SIGTERM');
    receiver.closeAllConnections();
    receiver.close();
    await server.stop();
  }
}

async function countMade(database: BenchDatabase, id: string) {
  const [row] = await database.query<{ rows: number; events: number }>(
    `select count(*)::int as rows, count(distinct event_id)::int as events
    from posthorn.deliveries where subscription_id = $1`,
    [id],
  );
  const { rows = 0, events = 0 } = row ?? {};
  return { rows: events, surplus: rows - events };
}

/** Once more each: held with a new schedule or, where they were sent, with one more attempt. */
async function countRearmed(database: BenchDatabase, id: string, isLive: boolean) {
  const [row] = await database.query<{ rows: number; attempts: number; attempted: number }>(
    `select
      (select count(*)::int from posthorn.deliveries where subscription_id = $1
        and attempt_base = 6 and attempt_count = $2 and status = $3) as rows,
      (select count(*)::int from posthorn.attempts where subscription_id = $1) as attempts,
      (select count(distinct delivery_id)::int from posthorn.attempts
        where subscription_id = $1) as attempted`,
    [id, isLive ? 7 : 6, isLive ? 'delivered' : 'pending'],
  );
  const { rows = 0, attempts = 0, attempted = 0 } = row ?? {};
  return { rows, surplus: attempts - attempted };
}

await main();
