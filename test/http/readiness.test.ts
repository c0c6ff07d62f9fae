import pg from 'pg';
import t from 'tap';
import { startTemporaryPostgres } from '../../scripts/temporary-postgres.ts';
import { createDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { createLogger } from '../../src/base/logger.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.setTimeout(240_000);

const service = await startService(t);
const { call, pool, post } = service;

const publish = () => post('/events', '{"event_type":"order.created","payload":1}');
const reasons = async (): Promise<string[]> => {
  const { status, body } = await call('GET', '/ready');
  const codes = body.reasons.map(({ code }: { code: string }) => code);
  t.equal(status, codes.length === 0 ? 200 : 503);
  return codes;
};
const untilReady = () =>
  until(async () => (await reasons()).length === 0, { what: 'ready', timeoutMs: 30_000 });
const untilNamed = (code: string) =>
  until(async () => (await reasons()).includes(code), { what: code, timeoutMs: 30_000 });

/** Ends sessions of the service, so that the next ones begin with what the server says now. */
const endSessions = (name: string) =>
  pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name like $1
    and application_name <> 'posthorn test'`,
    [name],
  );

t.test('a server that has become read-only is named, and so is that it is over', async (t) => {
  await untilReady();
  const database = (await pool.query('select current_database() as name')).rows[0].name;
  await pool.query(`alter database ${database} set default_transaction_read_only = on`);
  await endSessions('posthorn accept');
  await untilNamed('read_only');
  t.match(await publish(), { status: 503, body: { code: 'unavailable' } });

  const client = await pool.connect();
  await client.query('set default_transaction_read_only = off');
  await client.query(`alter database ${database} reset default_transaction_read_only`);
  client.release(true);
  await endSessions('posthorn %');
  await untilReady();
  await until(async () => (await publish()).status === 202);
});

t.test(
  'a full disk is named after the first event that it refused, until one would be stored',
  async (t) => {
    await pool.query(`create function public.refuse() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
    await pool.query(
      'create trigger refuse before insert on posthorn.events for each row execute function public.refuse()',
    );
    t.match(await publish(), { status: 503, body: { code: 'unavailable' } });
    await untilNamed('disk_full');
    t.strictSame(await reasons(), ['disk_full'], 'and still, though nobody publishes');
    await pool.query('drop trigger refuse on posthorn.events');
    await untilReady();
    t.equal((await publish()).status, 202);
    const { rows } = await pool.query(`select from posthorn.events where tenant = 'trial'`);
    t.strictSame(rows, [], 'what was tried out is not there');
  },
);

t.test('connections for storing that are all held up are named', async () => {
  const lock = await pool.connect();
  await lock.query('begin; lock table posthorn.events in access exclusive mode');
  const held = Array.from({ length: 6 }, publish);
  await untilNamed('connections_busy');
  await lock.query('rollback');
  lock.release();
  await Promise.all(held);
  await untilReady();
});

t.test('a worker of this process that cannot start is named', async () => {
  await pool.query(`create function public.forbid() returns trigger language plpgsql as $$
    begin raise exception 'no worker today'; end $$`);
  await pool.query(
    'create trigger forbid before insert on posthorn.workers for each row execute function public.forbid()',
  );
  await endSessions('posthorn liveness');
  await untilNamed('worker_cannot_start');
  await pool.query('drop trigger forbid on posthorn.workers');
  await untilReady();
});

t.test('metrics are there while the database is stopped, without what is in it', async (t) => {
  const postgres = await startTemporaryPostgres();
  let isRunning = true;
  const stop = async () => {
    if (isRunning) await postgres.stop();
    isRunning = false;
  };
  t.teardown(stop);
  await migrate(postgres.url, { logger: createLogger({ logLevel: 'error' }) });
  const own = new pg.Pool({ connectionString: postgres.url });
  own.on('error', () => undefined);
  t.teardown(() => own.end());
  const { call } = await startService(t, {
    database: { url: postgres.url, pool: own, db: createDatabase(own) },
    hasWorker: false,
  });
  const key = (await call('POST', '/api-keys', { json: { scopes: ['admin'] } })).body.key;
  const headers = { authorization: `Bearer ${key}` };
  const before = await call('GET', '/metrics', { headers });
  t.match(before.text, /^posthorn_database_up 1$/m);
  t.match(before.text, /^posthorn_breakers\{state="open"\} 0$/m);
  await stop();
  const since = performance.now();
  // Longer than what is known of keys and queue is good for.
  await until(
    async () => {
      const { status, text } = await call('GET', '/metrics', { headers });
      t.equal(status, 200);
      return performance.now() - since > 6_000 && /^posthorn_database_up 0$/m.test(text) && text;
    },
    { what: 'the scrape of an outage', timeoutMs: 60_000 },
  ).then((text) => {
    t.match(text, /^posthorn_events_accepted_total 0$/m);
    t.notMatch(text, /^posthorn_(queue_depth|retries_waiting|breakers|jobs)[ {]/m);
  });
  t.match(
    await call('GET', '/events', { headers }),
    { status: 503 },
    'nothing else is answered from memory',
  );
  t.match((await call('GET', '/ready')).body.reasons, [{ code: 'database_unreachable' }]);
});
