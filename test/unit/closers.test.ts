import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createClosers } from '../../src/base/closers.ts';

t.test('what was started is undone in reverse, one after the other', async (t) => {
  const closers = createClosers();
  const undone: string[] = [];
  closers.push(() => undone.push('first'));
  closers.push(async () => {
    await nextTurn();
    undone.push('second');
  });
  await closers.close();
  t.strictSame(undone, ['second', 'first']);
  await closers.close();
  t.equal(undone.length, 2, 'once');
});

t.test('a fault keeps nothing else from being undone, and is reported', async (t) => {
  const closers = createClosers();
  let isUndone = false;
  closers.push(() => (isUndone = true));
  closers.push(() => Promise.reject(new Error('no database')));
  await t.rejects(closers.close(), { message: 'no database' });
  t.ok(isUndone);
});

t.test('what is started after all was closed is undone at once', async (t) => {
  const closers = createClosers();
  await closers.close();
  let isUndone = false;
  closers.push(() => (isUndone = true));
  t.ok(isUndone);
});
