import t from 'tap';
import { createHandoff, type FreshDelivery } from '../../src/queue/handoff.ts';

const fresh = (id: string, payload = '{}'): FreshDelivery => ({
  delivery: {
    id,
    tenant: 'default',
    eventId: `of ${id}`,
    subscriptionId: 'subscription',
    subscriptionVersion: 1,
    attemptCount: 0,
    attemptBase: 0,
    eventType: 'a',
    isNextInOrder: true,
  },
  content: { payload, headers: null },
});

t.test('a delivery is handed out once', async (t) => {
  const handoff = createHandoff();
  handoff.open();
  handoff.put(fresh('a'));
  t.equal(handoff.take('b'), undefined);
  t.match(handoff.take('a'), fresh('a'));
  t.equal(handoff.take('a'), undefined);
});

t.test('nothing is remembered while nobody delivers', async (t) => {
  const handoff = createHandoff();
  handoff.put(fresh('early'));
  const close = handoff.open();
  const closeOther = handoff.open();
  t.equal(handoff.take('early'), undefined);
  handoff.put(fresh('a'));
  close();
  close();
  t.match(handoff.take('a'), fresh('a'), 'another worker session goes on');
  handoff.put(fresh('b'));
  closeOther();
  handoff.open();
  t.equal(handoff.take('b'), undefined);
});

t.test('what is no longer fresh is not handed out, and goes', async (t) => {
  let nowMs = 0;
  const handoff = createHandoff({ maxAgeMs: 100, maxBytes: 1_000_000, now: () => nowMs });
  handoff.open();
  handoff.put(fresh('a'));
  nowMs = 100;
  t.match(handoff.take('a'), fresh('a'));
  handoff.put(fresh('b'));
  nowMs = 201;
  t.equal(handoff.take('b'), undefined);
});

t.test('the oldest make room, and large payloads take none', async (t) => {
  const payload = 'x'.repeat(1_000);
  const handoff = createHandoff({ maxBytes: 20_000 });
  handoff.open();
  handoff.put(fresh('large', 'x'.repeat(65_537)));
  for (let n = 0; n < 10; n += 1) handoff.put(fresh(`${n}`, payload));
  t.equal(handoff.take('large'), undefined);
  t.equal(handoff.take('0'), undefined);
  t.match(handoff.take('9'), fresh('9', payload));
  for (let n = 0; n < 1_000; n += 1) handoff.put(fresh(`more ${n}`, payload));
  const kept = Array.from({ length: 1_000 }, (_, n) => handoff.take(`more ${n}`)).filter(
    (one) => one !== undefined,
  );
  t.ok(kept.length >= 4 && kept.length <= 10, `${kept.length} of them`);
  t.match(kept.at(-1), fresh('more 999', payload));
});
