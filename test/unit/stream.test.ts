import t, { type Test } from 'tap';
import type { ChangeListenerOptions } from '../../src/database/change-listener.ts';
import type { FedAttempt } from '../../src/log/attempt-feed.service.ts';
import { createGapFiller } from '../../src/stream/gap-filler.ts';
import { createReaderRegistry } from '../../src/stream/reader-registry.ts';
import type { StreamFilter } from '../../src/stream/stream-filter.ts';
import { createStreamListener } from '../../src/stream/stream-listener.ts';
import { encodeMessage } from '../../src/stream/stream-message.ts';
import {
  createStreamReader,
  type StreamItem,
  type StreamReader,
} from '../../src/stream/stream-reader.ts';
import { idAt } from '../helpers/read-side.ts';
import { until } from '../helpers/until.ts';

const STARTED_AT = new Date('2026-01-01T12:00:00Z');
const SUBJECT = {
  tenant: 'acme',
  subscription_id: 's',
  event_type: 'order.created',
  status: 'delivered',
} as const;

/** The n-th attempt, which ended n milliseconds after the first. */
function fed(n: number): FedAttempt {
  const id = idAt(STARTED_AT, n);
  return {
    attempt: {
      delivery_id: id,
      attempt_number: 1,
      outcome: 'success',
      status_code: 200,
      duration_ms: n,
      error_kind: null,
      error_message: null,
      response_headers: null,
      response_body: null,
      note: null,
      sends: 1,
      target_url: 'https://example.com/',
      started_at: STARTED_AT,
      started_at_us: STARTED_AT.getTime() * 1_000,
    },
    delivery: {
      ...SUBJECT,
      id,
      event_id: id,
      reason: null,
      attempt_count: 1,
      next_attempt_at: null,
      created_at: STARTED_AT,
      completed_at: STARTED_AT,
    },
  };
}

const item = (key: string): StreamItem => ({
  key,
  subject: SUBJECT,
  bytes: Buffer.from(`data: ${key}\n\n`),
});

const textOf = ({ body }: StreamReader): string => String(body.read() ?? '');

/** The delivery ids of the attempts that a reader was sent. */
const attemptsOf = (reader: StreamReader): string[] =>
  [...textOf(reader).matchAll(/event: attempt\nid: \d+-(.+)-1\n/g)].map(([, id]) => id as string);

const failOn = (t: Test) => (error: unknown) => void t.fail(String(error));

t.test('a registry', async (t) => {
  const startRegistry = (t: Test) => {
    const announced: (readonly StreamFilter[])[] = [];
    const state = { empty: 0 };
    const registry = createReaderRegistry({
      announce: async (filters) => void announced.push(filters),
      onEmpty: () => (state.empty += 1),
      onError: failOn(t),
    });
    return { registry, announced, state };
  };

  t.test('announces who reads, and that nobody does any more', async (t) => {
    const { registry, announced, state } = startRegistry(t);
    const [one, other] = [createStreamReader({ tenant: 'a' }), createStreamReader({})];
    registry.add(one, { openedAtMs: 1 });
    await registry.announced();
    registry.add(other, { openedAtMs: 2 });
    await registry.announced();
    t.strictSame(announced, [[{ tenant: 'a' }], [{ tenant: 'a' }, {}]]);
    one.body.destroy();
    await until(async () => registry.readers.size === 1);
    t.equal(state.empty, 0, 'somebody still reads');
    other.body.destroy();
    await until(async () => state.empty === 1);
    await registry.announced();
    t.strictSame(announced.at(-1), []);
  });

  t.test('sends to all, and says that it is still there', async (t) => {
    const { registry } = startRegistry(t);
    const readers = [createStreamReader({}), createStreamReader({ tenant: 'other' })];
    for (const reader of readers) registry.add(reader, { openedAtMs: 1 });
    registry.send([item('1'), item('2')]);
    for (let beats = 0; beats < 15; beats += 1) registry.beat();
    t.strictSame(readers.map(textOf), [
      'data: 1\n\ndata: 2\n\n: still here\n\n',
      ': still here\n\n',
    ]);
  });

  t.test('lets go of who may read no longer, not of whom nobody can tell', async (t) => {
    const registry = createReaderRegistry({
      announce: async () => undefined,
      onEmpty: () => undefined,
      onError: (error) => t.match(error, { message: 'no database' }),
    });
    const readers = [createStreamReader({}), createStreamReader({}), createStreamReader({})];
    const [revoked, kept, unknown] = readers as [StreamReader, StreamReader, StreamReader];
    registry.add(revoked, { openedAtMs: 1, mayStay: async () => false });
    registry.add(kept, { openedAtMs: 1, mayStay: async () => true });
    registry.add(unknown, {
      openedAtMs: 1,
      mayStay: () => Promise.reject(new Error('no database')),
    });
    for (let beats = 0; beats < 2; beats += 1) registry.beat();
    await until(async () => revoked.body.destroyed);
    t.strictSame([...registry.readers.keys()], [kept, unknown]);
  });

  t.test('announces nobody once it is ended, and ends its readers', async (t) => {
    const { registry, announced, state } = startRegistry(t);
    const reader = createStreamReader({});
    registry.add(reader, { openedAtMs: 1 });
    await registry.end();
    t.strictSame(announced.at(-1), []);
    registry.send([item('1')]);
    t.equal(textOf(reader), '');
    await until(async () => reader.body.readableEnded);
    t.equal(state.empty, 0);
  });
});

t.test('a gap filler', async (t) => {
  const startFiller = (t: Test, log: readonly FedAttempt[]) => {
    const asked: { since: Date; limit: number }[] = [];
    const filler = createGapFiller({
      feed: {
        async since({ since, limit }) {
          asked.push({ since, limit });
          const endMs = since.getTime() - STARTED_AT.getTime();
          return log.filter(({ attempt }) => attempt.duration_ms >= endMs).slice(0, limit);
        },
      },
      noticedWithinMs: 10,
      onError: failOn(t),
    });
    return { filler, asked };
  };
  const at = (ms: number) => STARTED_AT.getTime() + ms;
  const ids = (log: readonly FedAttempt[]) => log.map(({ delivery }) => delivery.id);

  t.test('reads page by page, and sends nothing twice', async (t) => {
    const log = Array.from({ length: 450 }, (_, n) => fed(n));
    const { filler, asked } = startFiller(t, log);
    const reader = createStreamReader({});
    filler.catchUp(reader, at(0));
    const sent: string[] = [];
    await until(async () => {
      sent.push(...attemptsOf(reader));
      return sent.length === 450;
    });
    t.strictSame(sent, ids(log));
    t.equal(asked.length, 3);
  });

  t.test('holds what happens now until what is older has been sent', async (t) => {
    const log = [fed(1), fed(2)];
    const { filler } = startFiller(t, log);
    const reader = createStreamReader({});
    filler.resume(reader, at(0));
    reader.send(item('new'));
    let text = '';
    await until(async () => (text += textOf(reader)).includes('data: new'));
    t.ok(text.indexOf('data: new') > text.lastIndexOf(`${fed(2).delivery.id}-1`));
  });

  t.test('asks once for all who came meanwhile, and sends each what ended since', async (t) => {
    const log = [fed(10), fed(20), fed(30)];
    const { filler, asked } = startFiller(t, log);
    const [early, late, gone] = [0, 1, 2].map(() => createStreamReader({ tenant: 'acme' })) as [
      StreamReader,
      StreamReader,
      StreamReader,
    ];
    filler.fillBefore(gone, at(0));
    filler.fillBefore(early, at(5));
    filler.fillBefore(late, at(25));
    gone.body.destroy();
    await until(async () => late.body.readableLength > 0);
    t.strictSame(attemptsOf(early), ids(log));
    t.strictSame(attemptsOf(late), ids(log.slice(2)));
    t.ok(asked.length <= 2, 'not once a reader');
  });
});

t.test('a listener', async (t) => {
  const startListener = (t: Test) => {
    let options: Pick<ChangeListenerOptions, 'onChange' | 'onGap'> | undefined;
    const state = { isListening: false, isClosed: false, nowMs: 10_000 };
    const sent: string[] = [];
    const gaps: number[] = [];
    const listener = createStreamListener({
      feed: {
        attempts: async (keys) =>
          keys
            .map(({ deliveryId }) => {
              const one = fed(1);
              const { attempt, delivery } = one;
              return {
                attempt: { ...attempt, delivery_id: deliveryId },
                delivery: { ...delivery, id: deliveryId },
              };
            })
            .toReversed(),
        deliveries: async () => [],
      },
      listen(given) {
        options = given;
        return {
          get isListening() {
            return state.isListening;
          },
          close: async () => void (state.isClosed = true),
        };
      },
      now: () => state.nowMs,
      onItems: (items) => sent.push(...items.flatMap(({ key }) => key ?? [])),
      onText: (text) => sent.push(text),
      onGap: (sinceMs) => gaps.push(sinceMs),
      onError: failOn(t),
    });
    listener.start();
    return { listener, state, sent, gaps, options: options! };
  };

  t.test('hands on in the order in which it was told, whatever the database says', async (t) => {
    const { listener, sent, options } = startListener(t);
    const ids = [1, 2, 3].map((n) => idAt(STARTED_AT, n));
    const attempts = ids.map((deliveryId) => ({ deliveryId, attemptNumber: 1 }));
    options.onChange(encodeMessage({ attempts, deliveries: [], skipped: 2 }));
    await listener.drained();
    t.strictSame(sent, [
      ...ids.flatMap((id) => [`${id}-1`, `${id}-1-delivery`]),
      'event: skipped\ndata: {"count":2}\n\n',
    ]);
  });

  t.test('counts what is more than it can follow as skipped', async (t) => {
    const { listener, sent, options } = startListener(t);
    const attempts = Array.from({ length: 1_200 }, (_, n) => ({
      deliveryId: idAt(STARTED_AT, n),
      attemptNumber: 1,
    }));
    options.onChange(encodeMessage({ attempts, deliveries: [], skipped: 0 }));
    await listener.drained();
    t.equal(sent.filter((key) => key.endsWith('-1')).length, 1_000);
    t.ok(sent.includes('event: skipped\ndata: {"count":200}\n\n'));
  });

  t.test('says since when it has heard nothing', async (t) => {
    const { listener, state, gaps, options } = startListener(t);
    options.onGap();
    state.isListening = true;
    state.nowMs = 20_000;
    listener.beat();
    state.isListening = false;
    state.nowMs = 30_000;
    listener.beat();
    options.onGap();
    t.strictSame(gaps, [8_000, 18_000]);
    await listener.stop();
    t.ok(state.isClosed);
    t.notOk(listener.isStarted);
  });
});
