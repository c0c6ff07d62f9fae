import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { startCli } from '../helpers/cli.ts';
import { startReceiver, type ReceivedRequest } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const idOf = ({ headers }: ReceivedRequest) => headers['webhook-id'] as string;

t.test('new events are forwarded with the headers and signatures of a delivery', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  const env = { POSTHORN_URL: service.address };
  await service.publish({ event_type: 'order.before', payload: {} });
  const listen = startCli(
    t,
    [
      'listen',
      '--forward-to',
      `${receiver.url}hook?a=1`,
      '--types',
      'order.*,invoice.paid',
      '--json',
    ],
    env,
  );
  const { secret } = JSON.parse(await listen.untilLine(/"started"/));
  t.match(secret, /^whsec_/);

  const payload = '{ "total": 1.0, "name": "ä" }';
  const { id } = await service
    .publish([{ event_type: 'user.signed_up', payload: {} }])
    .then(async () =>
      JSON.parse(
        (await service.post('/events', `{"event_type":"order.created","payload":${payload}}`)).text,
      ),
    );
  const [request] = await receiver.received(1);
  t.equal(request?.url, '/hook?a=1');
  t.equal(request?.body.toString(), payload, 'byte for byte');
  const headers = request?.headers as Record<string, string>;
  t.match(headers, {
    'webhook-id': id,
    'x-event-type': 'order.created',
    'x-attempt': '1',
    'content-type': 'application/json',
    'x-delivery-id': /^[\da-f-]{36}$/,
    'x-hub-signature-256': /^sha256=[\da-f]{64}$/,
    'user-agent': /^Posthorn\//,
  });
  t.same(new Webhook(secret).verify(payload, headers), JSON.parse(payload));
  await listen.untilLine(/"attempt"/);
  t.equal(await listen.stop(), 0, 'an interrupt ends it well');
  t.match(
    listen.documents().map(({ kind }) => kind),
    ['started', 'attempt', 'ended'],
  );
  t.match(listen.documents()[1], {
    id,
    event_type: 'order.created',
    status_code: 200,
    attempt_number: 1,
    error: null,
  });
  t.equal(receiver.requests.length, 1, 'and no other type, nor what was before');
});

t.test('it begins in the past where that is asked for, oldest first', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t, [500, 200]);
  const { data } = await service.publish(
    Array.from({ length: 250 }, (_, number) => ({
      event_type: 'order.created',
      payload: { number },
    })),
  );
  const listen = startCli(
    t,
    [
      'listen',
      '--forward-to',
      receiver.url,
      '--since',
      '10m',
      '--secret',
      SECRET,
      '--concurrency',
      '1',
    ],
    { POSTHORN_URL: service.address },
  );
  const requests = await receiver.received(250);
  t.strictSame(
    requests.map(idOf),
    data.map(({ id }: { id: string }) => id),
  );
  await listen.untilLine(/order\.created +\S+ +→ 500 in \d+ ms$/);
  await until(() => listen.lines.length >= 4 + 250);
  t.equal(await listen.stop(), 0);
  t.equal(listen.lines.at(-1), 'Forwarded 250, of which 249 were answered 2xx.');
  t.equal(receiver.requests.length, 250, 'an answer is an answer, also 500');
});

t.test('a receiver that does not answer is told of and tried again', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t, ['close', 200]);
  const listen = startCli(t, ['listen', '--forward-to', receiver.url], {
    POSTHORN_URL: service.address,
  });
  await listen.untilLine(/Ctrl-C/);
  await service.publish({ event_type: 'order.created', payload: {} });
  await listen.untilLine(/→ the connection was closed.*; trying again in 1 s$/);
  await listen.untilLine(/→ 200 in/);
  t.strictSame(
    receiver.requests.map(({ headers }) => headers['x-attempt']),
    ['1', '2'],
  );
});

t.test('an event that is committed long after its time is not missed', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  const listen = startCli(t, ['listen', '--forward-to', receiver.url], {
    POSTHORN_URL: service.address,
  });
  await listen.untilLine(/Ctrl-C/);
  const client = await service.pool.connect();
  try {
    await client.query('begin');
    const {
      rows: [{ id }],
    } = await client.query("select posthorn.publish('order.slow', '{\"a\":1}') as id");
    // Past the short overlap, and with younger events forwarded meanwhile.
    for (let second = 0; second < 7; second += 1) {
      await service.publish({ event_type: 'order.quick', payload: { second } });
      await receiver.received(second + 1);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    await client.query('commit');
    const requests = await receiver.received(8);
    t.equal(idOf(requests[7] as ReceivedRequest), id);
  } finally {
    client.release();
  }
});

t.test('what cannot work ends it with 1 or 2', async (t) => {
  const cases: [string[], number, RegExp][] = [
    [['listen'], 2, /needs --forward-to/],
    [['listen', '--forward-to', 'localhost:3000'], 2, /begins with http/],
    [['listen', '--forward-to', 'http://x/', '--secret', 'whsec_?'], 2, /--secret must be base64/],
    [['listen', '--forward-to', 'http://x/', '--url', 'http://127.0.0.1:1'], 1, /^cannot reach/],
  ];
  for (const [args, code, message] of cases) {
    const listen = startCli(t, args);
    t.equal(await listen.closed, code, args.join(' '));
    t.match(listen.notes[0], message);
  }
});
