import t from 'tap';
import { createMemo } from '../../src/base/memo.ts';
import { first, must } from '../../src/base/must.ts';

/** A read that ends when it is told to, and what it was asked. */
function openRead() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const kept: boolean[] = [];
  let count = 0;
  const read = async (keep: (value: string, ttlMs?: number) => boolean) => {
    count += 1;
    const value = await promise;
    kept.push(keep(value));
    return value;
  };
  return { read, resolve, reject, kept, count: () => count };
}

t.test('an answer is remembered for its time', (t) => {
  let nowMs = 0;
  const memo = createMemo<string>({ maxEntries: 10, now: () => nowMs });
  memo.set('a', 'x', 100);
  memo.set('b', 'y');
  nowMs = 99;
  t.equal(memo.get('a'), 'x');
  nowMs = 100;
  t.equal(memo.get('a'), undefined);
  t.equal(memo.get('b'), 'y');
  t.equal(memo.recall('a', 50), 'x');
  nowMs = 150;
  t.equal(memo.recall('a', 50), undefined);
  t.end();
});

t.test('what was used least recently makes room', (t) => {
  const memo = createMemo<string>({ maxEntries: 2 });
  memo.set('a', 'x');
  memo.set('b', 'y');
  memo.get('a');
  memo.set('c', 'z');
  t.strictSame(memo.keys().toSorted(), ['a', 'c']);
  t.end();
});

t.test('reads at once are one read, also of what turns out to be nothing', async (t) => {
  const memo = createMemo<string | null>({ maxEntries: 10 });
  let count = 0;
  const read = async (keep: (value: null) => boolean) => {
    count += 1;
    keep(null);
    return null;
  };
  const answers = await Promise.all(Array.from({ length: 10 }, () => memo.fetch('a', read)));
  t.strictSame(new Set(answers), new Set([null]));
  await memo.fetch('a', read);
  t.equal(count, 1);
});

t.test('a failure answers those who wait, and is not remembered', async (t) => {
  const memo = createMemo<string>({ maxEntries: 10 });
  const { read, reject } = openRead();
  const waiting = [memo.fetch('a', read), memo.fetch('a', read)];
  reject(new Error('no database'));
  for (const one of waiting) await t.rejects(one, { message: 'no database' });
  t.equal(await memo.fetch('a', async () => 'x'), 'x');
});

for (const change of ['delete', 'clear'] as const) {
  t.test(
    `what was read before a ${change} answers who asked before it, and nobody else`,
    async (t) => {
      const memo = createMemo<string>({ maxEntries: 10 });
      const [old, young] = [openRead(), openRead()];
      const before = memo.fetch('a', old.read);
      memo[change]('a');
      t.equal(memo.underWay('a'), undefined);
      const after = memo.fetch('a', young.read);
      old.resolve('old');
      t.equal(await before, 'old');
      t.strictSame(old.kept, [false]);
      t.equal(memo.get('a'), undefined);
      const also = memo.fetch('a', young.read);
      young.resolve('young');
      t.strictSame(await Promise.all([after, also]), ['young', 'young']);
      t.equal(young.count(), 1, 'the end of the old read leaves the new one alone');
      t.equal(memo.get('a'), 'young');
    },
  );
}

t.test('what must be there is there, or it is said what is not', (t) => {
  t.equal(must(0, 'the number'), 0);
  t.equal(first(['a', 'b'], 'the row'), 'a');
  t.throws(() => must(null, 'the number'), { message: 'the number is missing' });
  t.throws(() => first([], 'the row'), { message: 'the row is missing' });
  t.end();
});
