import t, { type Test } from 'tap';
import { createStreamReader } from '../../src/stream/stream-reader.ts';
import { decodeMessage, encodeMessage } from '../../src/stream/stream-message.ts';
import { idAt } from '../helpers/read-side.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const service = await startService(t);
const { address, subscribe, publish, ingest, call, untilDelivery, pool } = service;

type Message = { event: string; id?: string; data: any };

/** Reads the stream as a browser's EventSource does. */
async function open(t: Test, query = '', headers: Record<string, string> = {}) {
  const messages: Message[] = [];
  const closing = new AbortController();
  const response = await fetch(`${address}/stream${query}`, { headers, signal: closing.signal });
  let isOver = false;
  const reading = (async () => {
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() as string;
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event === undefined) continue;
        messages.push({ event, id: field('id'), data: JSON.parse(field('data') as string) });
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => (isOver = true));
  const close = async (): Promise<void> => {
    closing.abort();
    await reading;
  };
  t.teardown(close);
  const attempts = () => messages.filter(({ event }) => event === 'attempt');
  return { response, messages, attempts, close, isOver: () => isOver };
}

const noReaders = () =>
  until(
    async () => {
      const { rowCount } = await pool.query('select from posthorn.stream_readers');
      return rowCount === 0;
    },
    { what: 'no readers to be registered' },
  );

t.test('attempts and the states they lead to arrive as they happen', async (t) => {
  const stream = await open(t);
  t.equal(stream.response.headers.get('content-type'), 'text/event-stream');
  t.equal(stream.response.headers.get('cache-control'), 'no-store');
  const receiver = await startReceiver(t, [500, 200]);
  const { id } = await subscribe(receiver.url, { tenant: 'live', retry_schedule: '1s' });
  const { event_id: eventId, delivery_id: deliveryId } = await ingest(id);
  await until(() => stream.attempts().length === 2);
  const recorded = (await call('GET', `/deliveries/${deliveryId}/attempts`)).body.data;
  const about = {
    subscription_id: id,
    event_id: eventId,
    event_type: 'order.created',
    tenant: 'live',
  };
  // What happened before the reader was noticed comes a second later, after what has come since.
  const told = stream.attempts().toSorted((a, b) => a.data.attempt_number - b.data.attempt_number);
  t.strictSame(
    told.map(({ data }) => data),
    recorded.map((one: object) => ({ ...one, ...about })),
  );
  t.match(told[0]?.id, new RegExp(`^\\d{13}-${deliveryId}-1$`));
  const delivered = (await call('GET', `/deliveries/${deliveryId}`)).body;
  t.strictSame(
    stream.messages.findLast(({ event }) => event === 'delivery'),
    {
      event: 'delivery',
      id: undefined,
      data: delivered,
    },
  );
});

t.test('each attempt comes once, also to who has just begun to read', async (t) => {
  const receiver = await startReceiver(t);
  await subscribe(receiver.url, { tenant: 'once' });
  const stream = await open(t, '?tenant=once');
  for (let n = 0; n < 20; n += 1) await publish({ tenant: 'once', event_type: 'a', payload: n });
  await until(() => stream.attempts().length >= 20);
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  const keys = stream.attempts().map(({ id }) => id);
  t.equal(keys.length, 20);
  t.equal(stream.messages.length, 40, 'with the delivery beside it');
  t.equal(new Set(keys).size, 20);
});

t.test('subscription, event type, status and tenant are filters', async (t) => {
  const good = await startReceiver(t);
  const bad = await startReceiver(t, 500);
  const { id: first } = await subscribe(good.url, { tenant: 'filters' });
  const { id: second } = await subscribe(bad.url, { tenant: 'filters', retry_schedule: 'none' });
  const [bySubscription, byType, byStatus, byTenant] = await Promise.all([
    open(t, `?subscription_id=${first}`),
    open(t, '?event_type=order.paid&tenant=filters'),
    open(t, '?status=failed&tenant=filters'),
    open(t, '?tenant=another'),
  ]);
  await publish({ tenant: 'filters', event_type: 'order.created', payload: 1 });
  await publish({ tenant: 'filters', event_type: 'order.paid', payload: 2 });
  await until(
    () =>
      bySubscription.attempts().length === 2 &&
      byType.attempts().length === 2 &&
      byStatus.attempts().length === 2,
  );
  t.ok(bySubscription.messages.every(({ data }) => data.subscription_id === first));
  t.ok(byType.messages.every(({ data }) => data.event_type === 'order.paid'));
  t.ok(byStatus.messages.every(({ data }) => data.subscription_id === second));
  t.strictSame(byTenant.messages, []);
});

t.test('what is done by hand and what is put aside is told', async (t) => {
  const stream = await open(t, '?tenant=hands');
  const bad = await startReceiver(t, 500);
  const { id } = await subscribe(bad.url, { tenant: 'hands', retry_schedule: '1h', rate_limit: 1 });
  const { delivery_id: waiting } = await ingest(id);
  await until(() => stream.attempts().length === 1);
  await call('POST', `/deliveries/${waiting}/cancel`);
  const seen = (reason: string) =>
    until(() =>
      stream.messages.find(({ event, data }) => event === 'delivery' && data.reason === reason),
    );
  t.match((await seen('cancelled_by_request')).data, { id: waiting, status: 'cancelled' });
  const others = await Promise.all([1, 2, 3, 4].map((n) => ingest(id, String(n))));
  const { data } = await seen('rate_limited');
  t.ok(others.some(({ delivery_id: deliveryId }) => deliveryId === data.id));
});

t.test('Last-Event-ID goes on where the reader was cut off', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { tenant: 'resumed' });
  const before = await open(t, '?tenant=resumed');
  await ingest(id, '1');
  await until(() => before.attempts().length === 1);
  await before.close();
  await noReaders();
  const missed: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { delivery_id: deliveryId } = await ingest(id, String(n));
    await untilDelivery(deliveryId, 'delivered');
    missed.push(deliveryId);
  }
  const lastId = before.attempts()[0]?.id as string;
  const after = await open(t, '?tenant=resumed', { 'last-event-id': lastId });
  await until(() => after.attempts().length >= 5);
  const found = after.attempts().map(({ data }) => data.delivery_id);
  t.strictSame(
    found.filter((deliveryId) => missed.includes(deliveryId)),
    missed,
    'in their order',
  );
  t.match(await call('GET', '/stream', { headers: { 'last-event-id': 'nonsense' } }), {
    status: 400,
    body: { code: 'invalid_request', errors: [{ pointer: '/header/last-event-id' }] },
  });
});

t.test('without readers nothing is told', async (t) => {
  const stream = await open(t);
  await until(async () => (await pool.query('select from posthorn.stream_readers')).rowCount === 1);
  await stream.close();
  await noReaders();
  t.pass();
});

t.test(
  'what happens while the connection to the database is made again is not missed',
  async (t) => {
    const receiver = await startReceiver(t);
    const { id } = await subscribe(receiver.url, { tenant: 'cut' });
    const stream = await open(t, '?tenant=cut');
    await ingest(id, '1');
    await until(() => stream.attempts().length === 1);
    const { rowCount } = await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query = 'listen "posthorn:stream"'`,
    );
    t.equal(rowCount, 1);
    const { delivery_id: deliveryId } = await ingest(id, '2');
    await until(() => stream.attempts().some(({ data }) => data.delivery_id === deliveryId));
    t.equal(stream.attempts().length, 2);
  },
);

t.test('HEAD leaves no reader behind', async (t) => {
  const response = await fetch(`${address}/stream`, { method: 'HEAD' });
  t.equal(response.status, 200);
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal((await pool.query('select from posthorn.stream_readers')).rowCount, 0);
});

t.test('a reader that does not keep up is cut off', async (t) => {
  const reader = createStreamReader({});
  const subject = {
    tenant: 'a',
    subscription_id: 's',
    event_type: 'e',
    status: 'delivered',
  } as const;
  const item = (n: number) => ({ key: String(n), subject, bytes: Buffer.alloc(10_000) });
  let count = 0;
  while (!reader.body.destroyed && count < 1_000) reader.send(item((count += 1)));
  t.ok(count > 50 && count < 150, `after ${count} × 10 kB unread`);
  await reader.taken();

  const held = createStreamReader({});
  held.hold();
  for (let n = 0; n < 2_001; n += 1) held.send(item(n));
  t.ok(held.body.destroyed, 'nor are live items held without bound');
});

t.test('a full message fits a notification', (t) => {
  const attempts = Array.from({ length: 50 }, (_, n) => ({
    deliveryId: idAt(new Date(), n),
    attemptNumber: 32_767,
  }));
  const message = {
    attempts,
    deliveries: attempts.map(({ deliveryId }) => deliveryId),
    skipped: 10 ** 9,
  };
  const text = encodeMessage(message);
  t.ok(text.length < 7_999, `${text.length} bytes`);
  t.strictSame(decodeMessage(text), message);
  t.strictSame(decodeMessage('nonsense'), { attempts: [], deliveries: [], skipped: 0 });
  t.end();
});

t.test('a stop ends streams at once', async (t) => {
  const other = await startService(t, { database: service, hasWorker: false });
  const response = await fetch(`${other.address}/stream`);
  const reading = response.text();
  await until(async () => (await pool.query('select from posthorn.stream_readers')).rowCount === 1);
  const startedAtMs = performance.now();
  await other.api.app.close();
  t.match(await reading, 'retry: 1000');
  t.ok(performance.now() - startedAtMs < 20_000, `${performance.now() - startedAtMs} ms`);
  await noReaders();
});
