/**
 * What publishing from SQL costs the application that does it: its commits a second over sixteen
 * connections, without and with `posthorn.publish()` in each transaction, in turns on one server.
 * For comparison, a transaction that adds a job of the queue, whose notification makes commits wait
 * for each other. Delivering is another process' work and not running. `--seconds N` (5) is the
 * length of a turn, `--rounds N` (5) their number.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { migrate } from '../../src/database/migrate.ts';
import { createLogger } from '../../src/base/logger.ts';
import { openServer, type BenchDatabase } from './postgres.ts';

const CONNECTIONS = 16;
const ACCOUNTS = 100_000;
const TELLERS = 1_000;

/** What a transaction does beside its own work. */
const KINDS: Readonly<Record<string, string | undefined>> = {
  'without publishing': undefined,
  'with posthorn.publish()': `select posthorn.publish('order.paid', '{"order":{"id":8126,"total":"49.90"}}')`,
  'with a job and its notification': `select posthorn_queue.add_job('deliver', '{"deliveries":[]}')`,
};

/** An application of the kind of TPC-B: two balances change, one is read, a row is written. */
async function prepare(database: BenchDatabase): Promise<void> {
  await migrate(database.url, { logger: createLogger({ logLevel: 'error' }) });
  await database.query(`
    create table accounts (id integer primary key, balance bigint not null default 0);
    create table tellers (id integer primary key, balance bigint not null default 0)
      with (fillfactor = 50);
    create table movements (id bigserial primary key, account integer, teller integer, amount integer,
      at timestamptz not null default now());
    insert into accounts select generate_series(1, ${ACCOUNTS});
    insert into tellers select generate_series(1, ${TELLERS});
    insert into posthorn.subscriptions (tenant, id, target_url)
      values ('default', posthorn.uuid_v7(), 'https://receiver.example/');
  `);
}

const OWN_WORK = [
  { name: 'account', text: 'update accounts set balance = balance + $3 where id = $1 and $2 > 0' },
  { name: 'read', text: 'select balance from accounts where id = $1 and $2 > 0 and $3 > 0' },
  { name: 'teller', text: 'update tellers set balance = balance + $3 where id = $2 and $1 > 0' },
  { name: 'movement', text: 'insert into movements (account, teller, amount) values ($1, $2, $3)' },
];

const oneOf = (count: number): number => 1 + Math.floor(Math.random() * count);

async function transact(client: pg.Client, more: string | undefined): Promise<void> {
  const values = [oneOf(ACCOUNTS), oneOf(TELLERS), oneOf(100)];
  await client.query('begin');
  for (const statement of OWN_WORK) await client.query({ ...statement, values });
  if (more !== undefined) await client.query({ name: more.slice(0, 40), text: more });
  await client.query('commit');
}

/** Commits a second over all connections. */
async function measure(
  clients: readonly pg.Client[],
  more: string | undefined,
  seconds: number,
): Promise<number> {
  const startedAtMs = performance.now();
  const untilMs = startedAtMs + seconds * 1_000;
  let commits = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < untilMs) {
        await transact(client, more);
        commits += 1;
      }
    }),
  );
  return (commits * 1_000) / (performance.now() - startedAtMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '5' } },
});
const [seconds, rounds] = [Number(options.seconds), Number(options.rounds)];
const server = await openServer(undefined);
const database = await server.createDatabase();
try {
  await prepare(database);
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      return client;
    }),
  );
  const rates = new Map(Object.keys(KINDS).map((name) => [name, [] as number[]]));
  for (const more of Object.values(KINDS)) await measure(clients, more, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, more] of Object.entries(KINDS)) {
      await database.query('truncate posthorn.outbox');
      await database.checkpoint();
      rates.get(name)?.push(await measure(clients, more, seconds));
    }
  }
  await Promise.all(clients.map((client) => client.end()));
  const [without = []] = rates.values();
  const lines = [...rates].map(([name, all]) => {
    const ratio = median(all.map((rate, round) => rate / (without[round] ?? Number.NaN)));
    return `| ${name} | ${Math.round(median(all)).toLocaleString('en')} | ${ratio.toFixed(2)} |`;
  });
  process.stdout.write(
    `Postgres ${server.version}, ${CONNECTIONS} connections, medians of ${rounds} turns of ${seconds} s\n\n` +
      '| transactions | commits/s | of those without |\n| --- | --- | --- |\n' +
      `${lines.join('\n')}\n`,
  );
} finally {
  await database.drop();
  await server.stop();
}
