import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { envelopeOf, ingestWays, NOBODY } from '../helpers/ingest.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const { post, subscribe, pool } = await startService(t);

const WAYS = ingestWays(post);
const SECRET = 'it is a secret';
const sign = (body: string | Buffer, secret = SECRET) =>
  createHmac('sha256', secret).update(body).digest('hex');

const countDeliveries = async (subscriptionId: string): Promise<number> =>
  (await pool.query('select from posthorn.deliveries where subscription_id = $1', [subscriptionId]))
    .rowCount ?? 0;

t.test('any of the signature headers lets an event in', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { secret: SECRET, ingest_signature: 'required' });
  const body = '{"b":1, "a":1.0}';
  for (const name of ['X-Hub-Signature-256', 'X-Webhook-Signature', 'x-signature']) {
    for (const prefix of ['', 'sha256=']) {
      const headers = { [name]: prefix + sign(body) };
      t.equal((await post(`/ingest/${id}`, body, headers)).status, 202, `${name}: ${prefix}…`);
      const text = envelopeOf(id, body);
      t.equal((await post('/ingest', text, { [name]: prefix + sign(text) })).status, 202);
    }
  }
});

t.test(
  'Standard Webhooks headers let an event in, and a copy of them no longer after five minutes',
  async (t) => {
    const { id, secret } = await subscribe(NOBODY, {
      status: 'paused',
      ingest_signature: 'required',
    });
    const send = (at: Date) => {
      const body = '{"a":1}';
      return post(`/ingest/${id}`, body, {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
      });
    };
    t.equal((await send(new Date())).status, 202);
    t.match(await send(new Date(Date.now() - 10 * 60_000)), {
      status: 401,
      body: { code: 'invalid_signature' },
    });
  },
);

t.test('a wrong signature is 401, whether one is required or not', async (t) => {
  const body = '{"a":1}';
  for (const ingestSignature of ['optional', 'required']) {
    const { id } = await subscribe(NOBODY, {
      secret: SECRET,
      ingest_signature: ingestSignature,
      event_types: ['order.*'],
    });
    const wrong = [sign(body, 'other'), sign(`${body} `), 'x', 'sha256='];
    for (const signature of wrong) {
      t.match(await post(`/ingest/${id}`, body, { 'x-signature': signature }), {
        status: 401,
        body: { code: 'invalid_signature' },
      });
    }
    t.equal(
      (await post(`/ingest/${id}`, body, { 'x-event-type': 'unwanted', 'x-signature': 'x' }))
        .status,
      401,
      'also where the type is not wanted',
    );
    t.equal(
      (await post('/ingest', envelopeOf(id, body), { 'x-signature': sign(body) })).status,
      401,
      'of an envelope the whole is signed, not its body',
    );
    t.equal(await countDeliveries(id), 0);
  }
});

t.test('a missing signature is 401 when required and no matter otherwise', async (t) => {
  const [required, optional] = [
    await subscribe(NOBODY, { ingest_signature: 'required', status: 'paused' }),
    await subscribe(NOBODY, { status: 'paused' }),
  ];
  for (const send of Object.values(WAYS)) {
    t.match(await send(required.id, '{}'), { status: 401, body: { code: 'signature_required' } });
    t.equal((await send(optional.id, '{}')).status, 202);
  }
});

t.test('where signatures are off, a wrong one is no matter', async (t) => {
  const { id } = await subscribe(NOBODY, { ingest_signature: 'off', status: 'paused' });
  for (const send of Object.values(WAYS))
    t.equal((await send(id, '{}', { 'x-signature': 'wrong' })).status, 202);
});
