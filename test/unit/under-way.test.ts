import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { createUnderWay } from '../../src/queue/under-way.ts';

const none = (): Promise<unknown>[] => [];

t.test('the end waits for attempts that a job begins while it is awaited', async (t) => {
  const underWay = createUnderWay();
  const loaded = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const attempts = new Set<Promise<void>>();
  const deliver = underWay.watch(async () => {
    await loaded.promise;
    attempts.add(answered.promise.then(() => attempts.clear()));
  });
  const job = deliver(undefined);
  let hasEnded = false;
  const ended = underWay
    .end(10_000, () => attempts)
    .then(() => {
      hasEnded = true;
    });
  loaded.resolve();
  await job;
  await delay(10);
  t.notOk(hasEnded, 'its attempt is under way');
  answered.resolve();
  await ended;
  t.ok(hasEnded);
});

t.test('nothing begins once the end has been called', async (t) => {
  const underWay = createUnderWay();
  let begun = 0;
  const task = underWay.watch(async () => void (begun += 1));
  await task(undefined);
  await underWay.end(10_000, none);
  await t.rejects(task(undefined), { message: /has ended/ });
  t.equal(begun, 1);
});

t.test(
  'a job that fails is over, and one that hangs is waited for no longer than asked',
  async (t) => {
    const underWay = createUnderWay();
    const { promise: never } = Promise.withResolvers<void>();
    const failing = underWay.watch(() => Promise.reject(new Error('no database')));
    await t.rejects(failing(undefined), { message: 'no database' });
    await underWay.end(10_000, none);
    const hanging = createUnderWay();
    void hanging.watch(() => never)(undefined);
    const fromMs = performance.now();
    const alive = setInterval(() => undefined, 1_000);
    await hanging.end(50, none);
    clearInterval(alive);
    t.ok(performance.now() - fromMs >= 45);
  },
);
