import { setImmediate as nextTurn } from 'node:timers/promises';
import worker from '../../node_modules/graphile-worker/package.json' with { type: 'json' };
import t from 'tap';
import { isPatchable, patchRelease, PATCHED_VERSION } from '../../src/queue/local-queue-release.ts';

t.test('the version of Graphile Worker is the one whose release is patched', async (t) => {
  t.equal(
    worker.version,
    PATCHED_VERSION,
    'look whether a local queue that is released with jobs in it still throws: test/faults/queue',
  );
});

t.test('something is under way for as long as a queue is being released', async (t) => {
  const under: string[] = [];
  let isUnderWay = false;
  const queue = {
    mode: 'WAITING',
    background(work: Promise<unknown>) {
      isUnderWay = true;
      void work.then(() => (isUnderWay = false));
    },
    release: async () => void under.push(String(isUnderWay)),
  };
  t.ok(isPatchable(queue));
  patchRelease(queue);
  await queue.release();
  await nextTurn();
  t.strictSame(under, ['true']);
  t.notOk(isUnderWay);
});

t.test('what is no such queue is left as it is', async (t) => {
  const other = { release: () => 1 };
  patchRelease(other);
  t.equal(other.release(), 1);
});
