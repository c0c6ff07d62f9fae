/**
 * The reference that figures are compared with: how a webhook service on Graphile Worker is
 * written at first. One transaction per request, one job per delivery, one transaction per attempt.
 * It listens on PORT, uses DATABASE_URL, and does JOBS jobs at once (Graphile's default is 1).
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { run } from 'graphile-worker';
import pg from 'pg';
import { request } from 'undici';

const SCHEMA = `
  create schema naive;
  create table naive.subscriptions (
    id uuid primary key, target_url text not null, event_types text[] not null, secret text not null
  );
  create table naive.events (
    id uuid primary key, event_type text not null, payload text not null,
    created_at timestamptz not null default now()
  );
  create table naive.deliveries (
    id uuid primary key, event_id uuid not null references naive.events,
    subscription_id uuid not null references naive.subscriptions,
    status text not null default 'pending', attempt_count integer not null default 0,
    created_at timestamptz not null default now(), completed_at timestamptz
  );
  create index on naive.deliveries (event_id);
  create index on naive.deliveries (subscription_id);
  create table naive.attempts (
    id bigint generated always as identity primary key,
    delivery_id uuid not null references naive.deliveries,
    status_code integer, duration_ms integer not null, response_body text,
    created_at timestamptz not null default now()
  );
  create index on naive.attempts (delivery_id);
`;

const SECRET_PREFIX = 'whsec_';
const TIMEOUT_MS = 10_000;

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });

async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

function publish(eventType: string, payload: unknown) {
  return inTransaction(async (client) => {
    const id = randomUUID();
    await client.query('insert into naive.events (id, event_type, payload) values ($1, $2, $3)', [
      id,
      eventType,
      JSON.stringify(payload),
    ]);
    const { rows } = await client.query<{ id: string }>(
      'select id from naive.subscriptions where $1 = any (event_types)',
      [eventType],
    );
    for (const subscription of rows) {
      const deliveryId = randomUUID();
      await client.query(
        'insert into naive.deliveries (id, event_id, subscription_id) values ($1, $2, $3)',
        [deliveryId, id, subscription.id],
      );
      await client.query(
        "select graphile_worker.add_job('deliver_one', json_build_object('id', $1::text))",
        [deliveryId],
      );
    }
    return { id, deliveries: rows.length };
  });
}

type Delivery = { event_id: string; target_url: string; secret: string; payload: string };

async function deliver(deliveryId: string): Promise<void> {
  const {
    rows: [delivery],
  } = await pool.query<Delivery>(
    `select event_id, target_url, secret, payload
    from naive.deliveries
    join naive.events on events.id = event_id
    join naive.subscriptions on subscriptions.id = subscription_id
    where deliveries.id = $1`,
    [deliveryId],
  );
  if (delivery === undefined) return;
  const startedAt = performance.now();
  const response = await request(delivery.target_url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sign(delivery) },
    body: delivery.payload,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = await response.body.text();
  const isDelivered = response.statusCode >= 200 && response.statusCode < 300;
  await inTransaction(async (client) => {
    await client.query(
      `insert into naive.attempts (delivery_id, status_code, duration_ms, response_body)
      values ($1, $2, $3, $4)`,
      [deliveryId, response.statusCode, Math.round(performance.now() - startedAt), body],
    );
    await client.query(
      `update naive.deliveries set attempt_count = attempt_count + 1, status = $2,
        completed_at = case when $2 = 'delivered' then now() end
      where id = $1`,
      [deliveryId, isDelivered ? 'delivered' : 'pending'],
    );
  });
  if (!isDelivered) throw new Error(`the receiver answered ${response.statusCode}`);
}

function sign({ event_id: id, secret, payload }: Delivery): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'))
    .update(`${id}.${timestamp}.${payload}`)
    .digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
}

const app = Fastify();

app.post<{ Body: { target_url: string; event_types: string[] } }>(
  '/subscriptions',
  async ({ body }, reply) => {
    const id = randomUUID();
    const secret = SECRET_PREFIX + randomBytes(32).toString('base64');
    await pool.query(
      'insert into naive.subscriptions (id, target_url, event_types, secret) values ($1, $2, $3, $4)',
      [id, body.target_url, body.event_types, secret],
    );
    return reply.code(201).send({ id, secret });
  },
);

app.post<{ Body: { event_type: string; payload: unknown } }>('/events', async ({ body }, reply) =>
  reply.code(202).send(await publish(body.event_type, body.payload)),
);

app.get('/ready', async () => ({ status: 'ready' }));

await pool.query(SCHEMA);
const jobs = process.env['JOBS'];
const runner = await run({
  connectionString: process.env['DATABASE_URL'],
  noHandleSignals: true,
  ...(jobs !== undefined && { concurrency: Number(jobs) }),
  taskList: { deliver_one: (payload) => deliver((payload as { id: string }).id) },
});
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });

process.on('SIGTERM', () => {
  void Promise.all([runner.stop(), app.close()])
    .then(() => pool.end())
    .then(() => process.exit(0));
});
