import t from 'tap';
import { eventIdOf, ingestWays, NOBODY } from '../helpers/ingest.ts';
import { NOWHERE } from '../helpers/api.ts';
import { startService } from '../helpers/service.ts';

const { call, post, subscribe, pool } = await startService(t);

const WAYS = ingestWays(post);

const event = async (id: string) => (await call('GET', `/events/${id}`)).body;
const countDeliveries = async (subscriptionId: string): Promise<number> =>
  (await pool.query('select from posthorn.deliveries where subscription_id = $1', [subscriptionId]))
    .rowCount ?? 0;

for (const [way, send] of Object.entries(WAYS)) {
  t.test(`POST ${way} with an Idempotency-Key makes one event`, async (t) => {
    const { id } = await subscribe(NOBODY, { status: 'paused' });
    const key = { 'idempotency-key': `${way} once` };
    const first = await send(id, '{"n":1}', key);
    const second = await send(id, '{"n":1}', key);
    t.equal(second.status, 202);
    t.strictSame(second.body, first.body);
    t.equal(await countDeliveries(id), 1);
    t.match(await event(eventIdOf(first.body)), { idempotency_key: `${way} once` });
    for (const [body, eventType] of [
      ['{"n":2}', 'order.created'],
      ['{"n":1}', 'order.paid'],
    ] as const) {
      t.match(await send(id, body, key, eventType), {
        status: 409,
        body: { code: 'idempotency_conflict' },
      });
    }
    t.equal(await countDeliveries(id), 1);
  });

  t.test(`POST ${way} with one key many times at once makes one event`, async (t) => {
    const { id } = await subscribe(NOBODY, { status: 'paused' });
    const key = { 'idempotency-key': `${way} race` };
    const answers = await Promise.all(Array.from({ length: 16 }, () => send(id, '{"n":1}', key)));
    t.ok(answers.every(({ status }) => status === 202));
    t.equal(new Set(answers.map(({ body }) => eventIdOf(body))).size, 1);
    t.equal(await countDeliveries(id), 1);
  });

  t.test(`POST ${way} leaves no key behind when it was 204, 401 or 404`, async (t) => {
    const { id } = await subscribe(NOBODY, { event_types: ['a'], status: 'paused' });
    const key = { 'idempotency-key': `${way} nothing` };
    t.equal((await send(id, '{}', key, 'b')).status, 204);
    t.equal((await send(NOWHERE, '{}', key, 'a')).status, 404);
    t.equal((await send(id, '{}', { ...key, 'x-signature': 'wrong' }, 'a')).status, 401);
    const { rowCount } = await pool.query('select from posthorn.idempotency_keys where key = $1', [
      `${way} nothing`,
    ]);
    t.equal(rowCount, 0);
    t.equal((await send(id, '{"another":1}', key, 'a')).status, 202);
  });
}

t.test('an idempotency key is 1 to 255 printable characters', async (t) => {
  const { id } = await subscribe(NOBODY, { status: 'paused' });
  for (const key of ['', 'x'.repeat(256)]) {
    t.match(await post(`/ingest/${id}`, '{}', { 'idempotency-key': key }), {
      status: 400,
      body: { code: 'invalid_request' },
    });
  }
  t.equal((await post(`/ingest/${id}`, '{}', { 'idempotency-key': 'x'.repeat(255) })).status, 202);
});
