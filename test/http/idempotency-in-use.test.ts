import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import t, { type Test } from 'tap';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const database = await createTestDatabase(t);
const service = await startService(t, { database, hasWorker: false });
const { post, publish, subscribe, api } = service;

/** Where nobody listens. */
const NOBODY = 'http://127.0.0.1:1111/';
/** Generous, since tests share the machine; a call that waits for a transaction never ends. */
const AT_ONCE_MS = 1_500;

/** An application in the middle of a transaction that has published with a key. */
async function holdKey(t: Test, tenant: string, key: string, payload = '{}') {
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  t.teardown(() => session.end());
  await session.query('begin');
  const {
    rows: [{ id }],
  } = await session.query(`select posthorn.publish('rent.due', $3::json, $1, $2) as id`, [
    tenant,
    key,
    payload,
  ]);
  return { id, end: (how: 'commit' | 'rollback') => session.query(how) };
}

const send = (tenant: string, key?: string) =>
  post(
    '/events',
    JSON.stringify({ tenant, event_type: 'rent.due', payload: {} }),
    key === undefined ? {} : { 'idempotency-key': key },
  );

async function timed<T>(work: Promise<T>): Promise<{ answer: T; tookMs: number }> {
  const startedAtMs = performance.now();
  const answer = await work;
  return { answer, tookMs: performance.now() - startedAtMs };
}

t.test(
  'a key that an open transaction holds is answered by itself, and delays nobody else',
  async (t) => {
    await holdKey(t, 'leo', 'rent-3');
    const leos = Array.from({ length: 6 }, () => timed(send('leo', 'rent-3')));
    const mias = Array.from({ length: 20 }, (_, n) =>
      timed(send('mia', n % 2 === 0 ? undefined : `mia-${n}`)),
    );
    for (const { answer, tookMs } of await Promise.all(mias)) {
      t.equal(answer.status, 202);
      t.ok(tookMs < AT_ONCE_MS, `${tookMs} ms`);
    }
    for (const { answer, tookMs } of await Promise.all(leos)) {
      t.equal(answer.status, 409);
      t.match(answer.body, { code: 'idempotency_key_in_use' });
      t.equal(answer.headers.get('retry-after'), '1');
      t.ok(tookMs < 2 * AT_ONCE_MS, `${tookMs} ms`);
    }
  },
);

t.test('a key that an open transaction holds is free to repeat once that has ended', async (t) => {
  const committed = await holdKey(t, 'ends', 'committed');
  await committed.end('commit');
  // What SQL and HTTP publish differs in form, so it counts as another request.
  t.equal((await send('ends', 'committed')).status, 409);

  const taken = await holdKey(t, 'ends', 'taken back');
  const waiting = send('ends', 'taken back');
  await until(() => api.accept.waiting === 0);
  await taken.end('rollback');
  t.equal((await waiting).status, 202);
});

t.test(
  'many keys that open transactions hold cost the others of their batch a bounded wait',
  async (t) => {
    const session = new pg.Client({ connectionString: database.url });
    await session.connect();
    t.teardown(() => session.end());
    await session.query('begin');
    await session.query(
      `select posthorn.publish('a', '{}', 'leo', 'many-' || n) from generate_series(1, 100) as n`,
    );
    const leos = Array.from({ length: 100 }, (_, n) => send('leo', `many-${n + 1}`));
    const mias = Array.from({ length: 10 }, (_, n) => timed(send('mia', `free-${n}`)));
    for (const { answer, tookMs } of await Promise.all(mias)) {
      t.equal(answer.status, 202);
      t.ok(tookMs < 2 * AT_ONCE_MS, `${tookMs} ms`);
    }
    const codes = new Set((await Promise.all(leos)).map(({ body }) => body.code));
    t.strictSame([...codes], ['idempotency_key_in_use']);
    await session.query('rollback');
  },
);

t.test('ingest with a key that is held is refused as well', async (t) => {
  const { id } = await subscribe(NOBODY, { tenant: 'ingested', status: 'paused' });
  await holdKey(t, 'ingested', 'k');
  const { status, body } = await post(`/ingest/${id}`, '{}', { 'idempotency-key': 'k' });
  t.equal(status, 409);
  t.match(body, { code: 'idempotency_key_in_use' });
});

t.test('a table that is locked is waited for within a bound', async (t) => {
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  t.teardown(() => session.end());
  await session.query('begin');
  await session.query('lock table posthorn.events in access exclusive mode');
  const { answer, tookMs } = await timed(send('mia'));
  t.equal(answer.status, 503);
  t.match(answer.body, { code: 'unavailable' });
  t.ok(answer.headers.get('retry-after'));
  t.ok(tookMs < 10_000, `${tookMs} ms`);
  await session.query('rollback');
  t.equal((await send('mia')).status, 202);
});

t.test('a client that leaves before its event is taken stores nothing', async (t) => {
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  t.teardown(() => session.end());
  await session.query('begin');
  await session.query('lock table posthorn.events in access exclusive mode');
  // One for each connection of accepting, so that what comes next has to wait for a batch.
  const busy = [];
  for (let n = 0; n < 3; n += 1) {
    busy.push(send('busy'));
    await until(
      async () =>
        (
          await database.pool.query(
            `select from pg_stat_activity where application_name = 'posthorn accept'
        and wait_event_type = 'Lock' and datname = current_database()`,
          )
        ).rowCount ===
        n + 1,
    );
  }
  const { port, hostname } = new URL(service.address);
  const body = JSON.stringify({ tenant: 'left', event_type: 'a', payload: {} });
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    `POST /events HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  await until(() => api.accept.waiting === 1, { what: 'the event to wait' });
  socket.destroy();
  const last = send('stayed');
  await until(() => api.accept.waiting === 2, { what: 'the next event to wait' });
  await session.query('rollback');
  t.equal((await last).status, 202);
  await Promise.all(busy);
  const { rows } = await database.pool.query(
    `select tenant, count(*)::int from posthorn.events where tenant in ('left', 'stayed') group by 1`,
  );
  t.strictSame(rows, [{ tenant: 'stayed', count: 1 }]);
  await publish({ tenant: 'stayed', event_type: 'a', payload: {} });
});
