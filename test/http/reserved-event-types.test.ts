import t from 'tap';
import { bodyHmac } from '../../src/sender/hmac.ts';
import { apiDocument, type Answer } from '../helpers/contract.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const service = await startService(t);
const { call, post, subscribe } = service;

const FORGED = 'posthorn.subscription.disabled';
const LOOKALIKES = [
  FORGED,
  'posthorn.',
  'posthorn.anything',
  'Posthorn.subscription.disabled',
  'POSTHORN.X',
];
/** They begin otherwise. */
const FREE = ['posthorn', 'posthorns.x', 'my.posthorn.x', 'posthorn/x', 'posthorn-x'];

const operator = await startReceiver(t, 204);
const { id, secret } = await subscribe(operator.url, {
  event_types: ['posthorn.*', 'POSTHORN.*', 'Posthorn.*', 'order.*'],
  ingest_signature: 'optional',
});

type Send = (eventType: string) => Promise<Answer>;
const envelope = (eventType: string) =>
  JSON.stringify({ subscription_id: id, event_type: eventType, body: {} });

/** Every way to send an event of a type, by operation, and where the type stands in it. */
const WAYS_IN: Readonly<Record<string, Readonly<Record<string, Send>>>> = {
  publishEvents: {
    '/event_type': (type) => post('/events', JSON.stringify({ event_type: type, payload: 1 })),
    '/1/event_type': (type) =>
      post(
        '/events',
        JSON.stringify([
          { event_type: 'order.created', payload: 1 },
          { event_type: type, payload: 1 },
        ]),
      ),
  },
  ingestForSubscription: {
    '/header/x-event-type': (type) => post(`/ingest/${id}`, '{}', { 'x-event-type': type }),
    '/header/event_type': (type) => post(`/ingest/${id}`, '{}', { event_type: type }),
    '/event_type': (type) => post(`/ingest/${id}`, JSON.stringify({ event_type: type })),
    '/event': (type) => {
      const body = JSON.stringify({ event: type });
      return post(`/ingest/${id}`, body, { 'x-hub-signature-256': bodyHmac(secret, body) });
    },
  },
  ingestEnvelope: {
    '/event_type': (type) =>
      post('/ingest', envelope(type), {
        'x-hub-signature-256': bodyHmac(secret, envelope(type)),
      }),
  },
};

/** Every way to describe a type, and where its name stands. */
const CATALOGUE: Readonly<Record<string, Readonly<Record<string, Send>>>> = {
  createEventType: { '/name': (name) => call('POST', '/event-types', { json: { name } }) },
  importEventTypes: {
    '/webhooks/NAME': (name) =>
      call('POST', '/event-types/import', {
        json: {
          openapi: '3.1.0',
          webhooks: { 'order.created': { post: {} }, [name]: { post: {} } },
        },
      }),
  },
  replaceEventType: {
    '/path/name': (name) => call('PUT', `/event-types/${name}`, { json: { enforce: 'off' } }),
  },
  updateEventType: {
    '/path/name': (name) => call('PATCH', `/event-types/${name}`, { json: { enforce: 'off' } }),
  },
};

t.test("nobody sends an event that passes for one of Posthorn's own", async (t) => {
  const publishing = apiDocument.operations.filter(({ security }) =>
    security.some(({ bearer }) => bearer?.includes('publish')),
  );
  t.strictSame(
    Object.keys(WAYS_IN).sort(),
    publishing.map(({ id }) => id).sort(),
    'every way in is covered',
  );
  for (const [operation, ways] of Object.entries(WAYS_IN)) {
    for (const [pointer, send] of Object.entries(ways)) {
      for (const type of LOOKALIKES) {
        t.match(
          await send(type),
          {
            status: 422,
            body: { code: 'reserved_event_type', errors: [{ pointer }] },
          },
          `${operation} ${pointer} ${type}`,
        );
      }
    }
  }
  const { rows } = await service.pool.query('select event_type from posthorn.events');
  t.strictSame(rows, [], 'and nothing of it is stored, nor of what came with it');
});

t.test("nobody describes a type of Posthorn's own", async (t) => {
  for (const [operation, ways] of Object.entries(CATALOGUE)) {
    for (const [pointer, send] of Object.entries(ways)) {
      for (const type of LOOKALIKES) {
        t.match(
          await send(type),
          {
            status: 422,
            body: {
              code: 'reserved_event_type',
              errors: [{ pointer: pointer.replace('NAME', type) }],
            },
          },
          `${operation} ${type}`,
        );
      }
    }
  }
  t.strictSame((await call('GET', '/event-types')).body.data, []);
});

t.test("a name that only resembles them is anybody's", async (t) => {
  for (const type of FREE) {
    for (const send of Object.values(WAYS_IN).flatMap((ways) => Object.values(ways))) {
      t.ok((await send(type)).status < 300, type);
    }
    t.equal((await call('POST', '/event-types', { json: { name: type } })).status, 201, type);
  }
});

t.test("Posthorn's own arrive, and are replayed", async (t) => {
  const gone = await startReceiver(t, 410);
  const { id: dead } = await subscribe(gone.url, { event_types: ['order.gone'] });
  await service.publish({ event_type: 'order.gone', payload: 1 });
  const told = () => operator.requests.filter(({ headers }) => headers['x-event-type'] === FORGED);
  await until(() => told().length === 1, { what: 'the operational event', timeoutMs: 15_000 });
  t.match(JSON.parse(String(told()[0]?.body)), { type: FORGED, data: { subscription_id: dead } });
  const replay = await call('POST', `/subscriptions/${id}/replay`, {
    json: { event_types: ['posthorn.subscription.*'], statuses: ['delivered'] },
  });
  t.equal(replay.status, 202);
  await until(() => told().length === 2, { what: 'the replayed one', timeoutMs: 15_000 });
});
