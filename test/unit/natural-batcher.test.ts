import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import {
  createNaturalBatcher,
  GoneError,
  OverloadError,
  type NaturalBatcherOptions,
} from '../../src/base/natural-batcher.ts';
import { until } from '../helpers/until.ts';

/** A batcher of numbers whose flushes end when the test says so, answering each number's double. */
function setUp(options: Partial<NaturalBatcherOptions<number, number>> = {}) {
  const flushes: { items: number[]; end(): void; fail(error: Error): void }[] = [];
  const batcher = createNaturalBatcher<number, number>({
    flush(items) {
      const { promise, resolve, reject } = Promise.withResolvers<number[]>();
      flushes.push({
        items: [...items],
        end: () => resolve(items.map((item) => item * 2)),
        fail: reject,
      });
      return promise;
    },
    concurrency: 1,
    maxItems: 4,
    weigh: () => 1,
    maxWeight: 100,
    maxWaitingWeight: 100,
    ...options,
  });
  /** The flush with that number, once it has begun. */
  const flush = (index: number) => until(() => flushes[index], { what: `flush ${index}` });
  return { batcher, flushes, flush };
}

t.test('a lone item is flushed at once', async (t) => {
  const { batcher, flushes } = setUp();
  const result = batcher.add(7);
  await nextTurn();
  t.strictSame(
    flushes.map(({ items }) => items),
    [[7]],
  );
  flushes[0]?.end();
  t.equal(await result, 14);
});

t.test('what arrives during a flush goes together in the next, in order', async (t) => {
  const { batcher, flush } = setUp();
  const results = [batcher.add(1)];
  const first = await flush(0);
  results.push(batcher.add(2), batcher.add(3), batcher.add(4));
  t.equal(batcher.waiting, 3);
  first.end();
  const second = await flush(1);
  t.strictSame(second.items, [2, 3, 4]);
  second.end();
  t.strictSame(await Promise.all(results), [2, 4, 6, 8]);
});

t.test(
  'no more flushes run at once than there are places, and none holds too many items',
  async (t) => {
    const { batcher, flushes, flush } = setUp({ concurrency: 2 });
    const results = Array.from({ length: 11 }, (_, item) => batcher.add(item));
    await flush(1);
    await nextTurn();
    t.strictSame(
      flushes.map(({ items }) => items),
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
    );
    for (const { end } of flushes.slice()) end();
    const last = await flush(2);
    t.strictSame(last.items, [8, 9, 10]);
    last.end();
    await Promise.all(results);
  },
);

t.test('a batch weighs no more than it may, except for a single item', async (t) => {
  const { batcher, flushes, flush } = setUp({
    weigh: (item) => item,
    maxWeight: 10,
    concurrency: 9,
  });
  const results = [6, 4, 1, 30, 9].map((item) => batcher.add(item));
  await flush(3);
  t.strictSame(
    flushes.map(({ items }) => items),
    [[6, 4], [1], [30], [9]],
  );
  for (const { end } of flushes) end();
  await Promise.all(results);
});

t.test('past its bound it refuses, and takes items again once some have gone', async (t) => {
  const { batcher, flush } = setUp({ weigh: (item) => item, maxWaitingWeight: 10 });
  const results = [batcher.add(1)];
  const first = await flush(0);
  results.push(batcher.add(10));
  await t.rejects(batcher.add(1), OverloadError);
  t.equal(batcher.waiting, 1);
  first.end();
  const second = await flush(1);
  results.push(batcher.add(10));
  second.end();
  (await flush(2)).end();
  t.strictSame(await Promise.all(results), [2, 20, 20]);
});

t.test('an item larger than the bound is taken when nothing else waits', async (t) => {
  const { batcher, flush } = setUp({ weigh: (item) => item, maxWaitingWeight: 10 });
  const result = batcher.add(50);
  (await flush(0)).end();
  t.equal(await result, 100);
});

t.test('a fault of the database rejects the whole batch', async (t) => {
  const { batcher, flushes, flush } = setUp({ isItemError: () => false });
  const results = [batcher.add(1), batcher.add(2)];
  (await flush(0)).fail(new Error('the database is gone'));
  for (const result of results) await t.rejects(result, { message: 'the database is gone' });
  t.equal(flushes.length, 1);
});

t.test('an item at fault is refused alone', async (t) => {
  const flushed: number[][] = [];
  const { batcher } = setUp({
    isItemError: () => true,
    async flush(items) {
      flushed.push([...items]);
      if (items.includes(13)) throw new Error('13 is out of luck');
      return items.map((item) => item * 2);
    },
  });
  const results = [1, 13, 2].map((item) => batcher.add(item));
  await t.rejects(results[1] as Promise<number>, { message: '13 is out of luck' });
  t.strictSame(await Promise.all([results[0], results[2]]), [2, 4]);
  t.strictSame(flushed, [[1, 13, 2], [1], [13], [2]]);
});

t.test('it is drained when nothing waits and nothing is under way', async (t) => {
  const { batcher, flush } = setUp();
  await batcher.drained();
  const results = [1, 2, 3, 4, 5].map((item) => batcher.add(item));
  let isDrained = false;
  const drained = batcher.drained().then(() => (isDrained = true));
  for (const index of [0, 1]) {
    const { end } = await flush(index);
    t.notOk(isDrained);
    end();
  }
  await drained;
  t.strictSame(await Promise.all(results), [2, 4, 6, 8, 10]);
});

t.test('when told to linger it gathers first', async (t) => {
  const lingerMs = 20;
  const { batcher, flushes, flush } = setUp({ lingerMs: () => lingerMs, concurrency: 2 });
  const startedAt = performance.now();
  const early = batcher.add(1);
  await nextTurn();
  t.equal(flushes.length, 0);
  const late = batcher.add(2);
  const { items, end } = await flush(0);
  t.ok(performance.now() - startedAt >= lingerMs - 2);
  t.strictSame(items, [1, 2]);
  end();
  await Promise.all([early, late]);
});

t.test('every item gets its own result, whatever the load and the limits', async () => {
  const load = fc.record({
    items: fc.array(fc.nat({ max: 20 }), { maxLength: 60 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    maxItems: fc.integer({ min: 1, max: 5 }),
    maxWeight: fc.integer({ min: 1, max: 30 }),
    pauses: fc.infiniteStream(fc.boolean()),
  });
  await fc.assert(
    fc.asyncProperty(load, async ({ items, concurrency, maxItems, maxWeight, pauses }) => {
      let running = 0;
      let isWithinLimits = true;
      const batcher = createNaturalBatcher<number, number>({
        async flush(batch) {
          running += 1;
          const weight = batch.reduce((sum, item) => sum + item, 0);
          isWithinLimits &&=
            running <= concurrency &&
            batch.length <= maxItems &&
            batch.length > 0 &&
            (weight <= maxWeight || batch.length === 1);
          await nextTurn();
          running -= 1;
          return batch.map((item) => item * 2);
        },
        concurrency,
        maxItems,
        maxWeight,
        weigh: (item) => item,
        maxWaitingWeight: Number.POSITIVE_INFINITY,
      });
      const results: Promise<number>[] = [];
      for (const item of items) {
        results.push(batcher.add(item));
        if (pauses.next().value) await nextTurn();
      }
      await batcher.drained();
      const doubled = await Promise.all(results);
      return (
        isWithinLimits &&
        batcher.waiting === 0 &&
        doubled.every((result, index) => result === (items[index] as number) * 2)
      );
    }),
    { numRuns: 60 },
  );
});

t.test('what nobody waits for any more is in no batch that begins', async (t) => {
  const gone = new Set<number>();
  const { batcher, flush } = setUp({ isGone: (item) => gone.has(item) });
  const results = [batcher.add(1)];
  const first = await flush(0);
  const left = t.rejects(batcher.add(2), GoneError);
  results.push(batcher.add(3));
  gone.add(1).add(2);
  first.end();
  t.strictSame((await flush(1)).items, [3]);
  await left;
  (await flush(1)).end();
  t.strictSame(await Promise.all(results), [2, 6], 'what is under way ends');
});

t.test('who leaves frees a place for who comes', async (t) => {
  const gone = new Set<number>();
  const { batcher, flush } = setUp({ maxWaitingWeight: 2, isGone: (item) => gone.has(item) });
  const results = [batcher.add(1)];
  const first = await flush(0);
  const left = t.rejects(batcher.add(2), GoneError);
  results.push(batcher.add(3));
  gone.add(2);
  results.push(batcher.add(4));
  await left;
  await t.rejects(batcher.add(5), OverloadError);
  first.end();
  const second = await flush(1);
  t.strictSame(second.items, [3, 4]);
  second.end();
  t.strictSame(await Promise.all(results), [2, 6, 8]);
});

t.test('a batcher whose items have all left is drained', async (t) => {
  const { batcher } = setUp({ isGone: () => true });
  const left = t.rejects(batcher.add(1), GoneError);
  const drained = batcher.drained();
  await left;
  await drained;
});
