import { randomUUID } from 'node:crypto';
import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { bodyHmac } from '../../src/sender/hmac.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService, type Service } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

/** Where nobody listens. */
const NOBODY = 'http://127.0.0.1:1111/';

// Two processes' worth of services over one database: they share nothing else.
const database = await createTestDatabase(t);
const here = await startService(t, { database });
const there = await startService(t, { database, hasWorker: false });

const { pool } = database;
const countEvents = async (tenant: string): Promise<number> =>
  (
    await pool.query('select count(*)::int as count from posthorn.events where tenant = $1', [
      tenant,
    ])
  ).rows[0].count;
const newKey = () => ({ 'idempotency-key': randomUUID() });

/** The three ways in, each answering the id of its event. */
const WAYS: Record<
  string,
  (
    service: Service,
    event: {
      id: string;
      tenant: string;
      payload: string;
      headers: Record<string, string>;
    },
  ) => Promise<{ status: number; eventId: string }>
> = {
  'POST /events': async ({ post }, { tenant, payload, headers }) => {
    const { status, body } = await post(
      '/events',
      `{"tenant":"${tenant}","event_type":"a","payload":${payload}}`,
      headers,
    );
    return { status, eventId: body.id };
  },
  'POST /ingest/{subscription_id}': async ({ post }, { id, payload, headers }) => {
    const { status, body } = await post(`/ingest/${id}`, payload, headers);
    return { status, eventId: body.event_id };
  },
  'POST /ingest': async ({ post }, { id, payload, headers }) => {
    const { status, body } = await post(
      '/ingest',
      `{"subscription_id":"${id}","event_type":"a","body":${payload}}`,
      headers,
    );
    return { status, eventId: body.request_id };
  },
};

for (const [index, [way, send]] of Object.entries(WAYS).entries()) {
  t.test(`${way} with one Idempotency-Key on two processes at once makes one event`, async (t) => {
    const tenant = `keyed-${index}`;
    const { id } = await here.subscribe(NOBODY, { tenant, status: 'paused' });
    for (let round = 1; round <= 10; round += 1) {
      const event = { id, tenant, payload: String(round), headers: newKey() };
      const answers = await Promise.all([
        send(here, event),
        send(there, event),
        send(there, event),
        send(here, event),
      ]);
      t.strictSame(
        answers.map(({ status }) => status),
        [202, 202, 202, 202],
      );
      t.equal(new Set(answers.map(({ eventId }) => eventId)).size, 1);
      t.equal(await countEvents(tenant), round);
    }
  });

  t.test(
    `${way} with one Idempotency-Key and two bodies at once takes one and refuses the other`,
    async (t) => {
      const tenant = `torn-${index}`;
      const { id } = await here.subscribe(NOBODY, { tenant, status: 'paused' });
      for (let round = 1; round <= 10; round += 1) {
        const headers = newKey();
        const answers = await Promise.all([
          send(here, { id, tenant, payload: '1', headers }),
          send(there, { id, tenant, payload: '2', headers }),
        ]);
        t.strictSame(answers.map(({ status }) => status).toSorted(), [202, 409]);
        t.equal(await countEvents(tenant), round);
      }
    },
  );
}

t.test('changes and a deletion on two processes at once end in deletion', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const { id } = await here.subscribe(NOBODY);
    const [deleted, ...changed] = await Promise.all([
      here.call('DELETE', `/subscriptions/${id}`),
      ...[here, there, there].map(({ call }, n) =>
        call('PATCH', `/subscriptions/${id}`, { json: { name: `n${n}`, status: 'paused' } }),
      ),
    ]);
    t.equal(deleted.status, 204);
    for (const { status } of changed) t.ok(status === 200 || status === 404);
    for (const { call } of [here, there]) {
      t.equal((await call('GET', `/subscriptions/${id}`)).status, 404);
    }
  }
});

t.test('of deletions on two processes at once, one deletes', async (t) => {
  const { id } = await here.subscribe(NOBODY);
  const answers = await Promise.all(
    [here, there].map(({ call }) => call('DELETE', `/subscriptions/${id}`)),
  );
  t.strictSame(answers.map(({ status }) => status).toSorted(), [204, 404]);
});

t.test(
  'what is published while its subscription is deleted is delivered or cancelled, and nothing is left',
  async (t) => {
    const receiver = await startReceiver(t);
    for (let round = 0; round < 5; round += 1) {
      const tenant = `deleted-${round}`;
      const { id } = await here.subscribe(receiver.url, { tenant });
      const sending = Array.from({ length: 40 }, (_, n) => {
        const service = n % 2 === 0 ? here : there;
        return n % 4 < 2
          ? service.post('/events', `{"tenant":"${tenant}","event_type":"a","payload":${n}}`)
          : service.post(`/ingest/${id}`, String(n));
      });
      await sending[0];
      t.equal((await there.call('DELETE', `/subscriptions/${id}`)).status, 204);
      const answers = await Promise.all(sending);
      for (const { status } of answers)
        t.ok(status === 202 || status === 404 || status === 409, String(status));
      const accepted = answers.filter(({ status }) => status === 202).length;
      t.equal(
        await countEvents(tenant),
        accepted,
        'every event that was accepted is there, and no other',
      );
      const late = await here.publish({ tenant, event_type: 'a', payload: 'late' });
      t.equal(late.deliveries, 0);

      await until(
        async () =>
          (
            await pool.query(
              `select from posthorn.deliveries where subscription_id = $1 and status in ('pending', 'delivering')`,
              [id],
            )
          ).rowCount === 0,
        { what: 'every delivery to end' },
      );
      const { rows } = await pool.query(
        'select distinct status, reason, parked from posthorn.deliveries where subscription_id = $1',
        [id],
      );
      for (const row of rows) {
        t.ok(
          row.status === 'delivered' ||
            (row.status === 'cancelled' && row.reason === 'subscription_deleted'),
          JSON.stringify(row),
        );
      }
    }
    const { rowCount: unowned } = await pool.query(`
    select from posthorn.deliveries as delivery
    where not exists (select from posthorn.events as event where event.id = delivery.event_id)`);
    t.equal(unowned, 0, 'no delivery without its event');
    await until(
      async () =>
        (await pool.query(`select from ${QUEUE_SCHEMA}._private_jobs where locked_at is not null`))
          .rowCount === 0,
    );
    const { rowCount: secrets } = await pool.query(`
    select from posthorn.subscription_secrets as secret
    where not exists (select from posthorn.subscriptions as s where s.id = secret.subscription_id)`);
    t.equal(secrets, 0, 'no secret without its subscription');
  },
);

t.test(
  'a secret is good at every process as soon as another has answered that it is',
  async (t) => {
    const { id, secret: first } = await here.subscribe(NOBODY, {
      status: 'paused',
      ingest_signature: 'required',
    });
    const send = (service: Service, secret: string) =>
      service.post(`/ingest/${id}`, '{}', { 'x-signature': bodyHmac(secret, '{}') });
    let secret: string = first;
    for (let round = 0; round < 40; round += 1) {
      // What is remembered there is what is about to change here.
      t.equal((await send(there, secret)).status, 202);
      if (round % 2 === 0) {
        const { body } = await here.call('POST', `/subscriptions/${id}/secret/rotate`, {
          json: { overlap_hours: 0 },
        });
        secret = body.secret;
      } else {
        secret = `replaced by hand ${round}`;
        await here.patch(id, { secret });
      }
      t.equal((await send(there, secret)).status, 202, `round ${round}`);
    }
    t.match(await send(there, 'never any'), { status: 401, body: { code: 'invalid_signature' } });
  },
);
