import t from 'tap';
import { createMemoryStore } from '../../src/cache/memory-store.ts';
import { createRedisStore } from '../../src/cache/redis-store.ts';
import { createLogger } from '../../src/base/logger.ts';
import { redisIsMissing, startTestRedis } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';

const silent = createLogger({ logLevel: 'silent' });

function recordLog() {
  const lines: string[] = [];
  const logger = createLogger(
    { logLevel: 'info' },
    {
      write: (line) => void lines.push(JSON.parse(line).msg),
    },
  );
  return { lines, logger };
}

t.test('memory keeps what was used last, each for its time', async (t) => {
  let nowMs = 0;
  const store = createMemoryStore({ maxEntries: 2, now: () => nowMs });
  await store.set('a', '1', 10);
  await store.set('b', '2', 60);
  t.equal(await store.get('a'), '1');
  await store.set('c', '3', 60);
  t.equal(await store.get('b'), undefined, 'used least recently');
  nowMs = 10_000;
  t.equal(await store.get('a'), undefined, 'its time is over');
  t.equal(await store.get('c'), '3');
  await store.delete('c');
  t.equal(await store.get('c'), undefined);
});

t.test(
  'Redis keeps a text until it is deleted or its time is over',
  { skip: redisIsMissing },
  async (t) => {
    const redis = await startTestRedis(t);
    const store = createRedisStore(redis.url, { logger: silent });
    t.teardown(() => store.close());
    await until(() => store.ping());

    t.equal(await store.get('subscription:1'), undefined);
    await store.set('subscription:1', '{"é":1}', 60);
    await store.set('subscription:2', 'short', 1);
    t.equal(await store.get('subscription:1'), '{"é":1}');
    await store.delete('subscription:1');
    t.equal(await store.get('subscription:1'), undefined);
    await until(async () => (await store.get('subscription:2')) === undefined);
  },
);

t.test('two processes share one Redis', { skip: redisIsMissing }, async (t) => {
  const redis = await startTestRedis(t);
  const [one, other] = [1, 2].map(() => createRedisStore(redis.url, { logger: silent }));
  t.teardown(() => Promise.all([one!.close(), other!.close()]));
  await until(() => Promise.all([one!.ping(), other!.ping()]));
  await one!.set('subscription:1', 'text', 60);
  t.equal(await other!.get('subscription:1'), 'text');
  await other!.delete('subscription:1');
  t.equal(await one!.get('subscription:1'), undefined);
});

t.test(
  'a dead Redis is a miss at once, and is used again when it is back',
  { skip: redisIsMissing },
  async (t) => {
    const redis = await startTestRedis(t);
    const { lines, logger } = recordLog();
    const store = createRedisStore(redis.url, { logger });
    t.teardown(() => store.close());
    await until(() => store.ping());
    await store.set('subscription:1', 'text', 60);

    await redis.kill();
    await until(async () => (await store.get('subscription:1')) === undefined);
    const startedAt = performance.now();
    for (let i = 0; i < 1_000; i += 1) {
      t.equal(await store.get('subscription:1'), undefined);
      await store.set('subscription:1', 'text', 60);
    }
    t.ok(performance.now() - startedAt < 10_000, 'two thousand commands without a wait for each');
    await t.rejects(store.delete('subscription:1'), 'the key may still be there');

    await redis.start();
    await until(async () => {
      await store.set('subscription:1', 'again', 60);
      return (await store.get('subscription:1')) === 'again';
    });
    t.strictSame(
      lines,
      ['Redis is failing: reading subscriptions from the database', 'Redis is back'],
      'one line when it goes, one when it comes',
    );
  },
);

t.test(
  'a Redis that hangs costs a few time-outs, then none',
  { skip: redisIsMissing },
  async (t) => {
    const redis = await startTestRedis(t);
    const store = createRedisStore(redis.url, { logger: silent });
    t.teardown(() => store.close());
    await until(() => store.ping());
    await store.set('subscription:1', 'text', 60);

    redis.freeze();
    const startedAt = performance.now();
    for (let i = 0; i < 1_000; i += 1) t.equal(await store.get('subscription:1'), undefined);
    t.ok(performance.now() - startedAt < 10_000, 'a thousand reads without a wait for each');

    redis.thaw();
    t.equal(await until(() => store.get('subscription:1')), 'text');
  },
);

t.test(
  'nothing set before a delete survives it in a Redis that hung',
  { skip: redisIsMissing },
  async (t) => {
    const redis = await startTestRedis(t);
    const store = createRedisStore(redis.url, { logger: silent });
    t.teardown(() => store.close());
    await until(() => store.ping());

    redis.freeze();
    await store.set('subscription:1', 'old', 60);
    await t.rejects(store.delete('subscription:1'));
    redis.thaw();
    await until(() => store.ping());
    t.equal(await store.get('subscription:1'), undefined);
  },
);
