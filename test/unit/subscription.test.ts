import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { generateSecret } from '../../src/sender/signature.ts';
import { wantsEventType } from '../../src/matching/event-types.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const wants = (eventTypes: string[] | null, eventType: string) =>
  wantsEventType({ eventTypes }, eventType);

t.test('no event types means every event type', async (t) => {
  t.ok(wants(null, 'order.created'));
  t.notOk(wants([], 'order.created'));
});

t.test('an event type is matched whole and exactly', async (t) => {
  t.ok(wants(['invoice.paid', 'order.created'], 'order.created'));
  for (const eventType of ['order.create', 'order.createdd', 'Order.created', 'orderXcreated']) {
    t.notOk(wants(['order.created'], eventType), eventType);
  }
});

t.test('a wildcard stands for any run of characters, also none', async (t) => {
  for (const [pattern, eventType] of [
    ['*', 'order.created'],
    ['order.*', 'order.'],
    ['order.*', 'order.item.added'],
    ['*.created', 'order.created'],
    ['order.*.added', 'order.item.added'],
    ['o*r*d', 'order.created'],
    ['a*a', 'aa'],
    ['**', 'a'],
    ['a**b', 'ab'],
  ] as const) {
    t.ok(wants([pattern], eventType), `${pattern} takes ${eventType}`);
  }
  for (const [pattern, eventType] of [
    ['order.*', 'order'],
    ['*.created', 'created'],
    ['a*a', 'a'],
    ['ab*ba', 'aba'],
    ['a*b*a', 'aa'],
    ['a*bc*c', 'abc'],
  ] as const) {
    t.notOk(wants([pattern], eventType), `${pattern} leaves ${eventType}`);
  }
});

t.test('a hostile pattern costs no more than a plain one', async (t) => {
  const tookMs = cpuMsOf(() => t.notOk(wants(['*a'.repeat(63)], `${'a'.repeat(127)}b`)));
  t.ok(tookMs < 50, `${tookMs} ms`);
});

t.test('a generated secret has 256 random bits in the form of Standard Webhooks', async (t) => {
  const secret = generateSecret();
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.not(secret, generateSecret());
  const webhook = new Webhook(secret);
  const sentAt = new Date();
  const signature = webhook.sign('msg_1', sentAt, '{}');
  t.same(
    webhook.verify('{}', {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': signature,
    }),
    {},
  );
});
