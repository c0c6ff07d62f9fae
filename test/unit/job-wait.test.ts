import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createJobWait } from '../../src/engine/job-wait.ts';

t.test('what fails before the end is awaited is told at the end, and to nobody else', async (t) => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  const wait = createJobWait(1_000);
  wait.watch('a', Promise.reject(new Error('no database')));
  wait.watch('b', Promise.resolve());
  await nextTurn();
  await nextTurn();
  await t.rejects(wait.end(), { message: 'no database' });
  process.off('unhandledRejection', listen);
  t.strictSame(unhandled, []);
});

t.test('what has been let go of is not waited for', async (t) => {
  const wait = createJobWait(60_000);
  const slow = Promise.withResolvers<string>();
  wait.watch('slow', slow.promise);
  wait.letGo('slow');
  await t.resolves(wait.end());
});
