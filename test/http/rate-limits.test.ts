import t from 'tap';
import type { Test } from 'tap';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { redisIsMissing, startTestRedis } from '../helpers/redis.ts';
import { startService, type Service } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const ROOT = 'root-key-of-the-environment';

const start = (t: Test, env: Record<string, string>) =>
  startService(t, { hasWorker: false, env: { API_KEYS: ROOT, ...env } });

/** The statuses of so many requests made at once, counted. */
async function burst(
  service: Service,
  count: number,
  headers: Record<string, string>,
  path = '/events',
) {
  const answers = await Promise.all(
    Array.from({ length: count }, () => service.call('GET', path, { headers })),
  );
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Windows begin with the first request, so this ends whatever one is under way. */
const nextWindow = () => new Promise((resolve) => setTimeout(resolve, 1_050));

t.test('each key has its own count', async (t) => {
  const service = await start(t, { RATE_LIMIT_PER_KEY: '5' });
  const [one, two] = await Promise.all([1, 2].map(() => keyMaker(service)(['read'])));
  // Known from its first request on.
  for (const key of [one, two])
    await service.call('GET', '/events', { headers: bearer(key as string) });
  await nextWindow();
  t.strictSame(await burst(service, 8, bearer(one as string)), { 200: 5, 429: 3 });
  t.strictSame(await burst(service, 5, bearer(two as string)), { 200: 5 });
  const refused = await service.call('GET', '/events', { headers: bearer(one as string) });
  t.match(refused.body, { code: 'too_many_requests', status: 429 });
  t.equal(refused.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  t.equal(refused.headers.get('retry-after'), '1');
  t.equal(refused.headers.get('ratelimit-limit'), '5');
  t.equal(refused.headers.get('ratelimit-remaining'), '0');
  await nextWindow();
  const taken = await service.call('GET', '/events', { headers: bearer(one as string) });
  t.equal(taken.status, 200, 'a second later it goes on');
  t.equal(taken.headers.get('ratelimit-remaining'), '4');
});

t.test('what carries no known key is counted by address, trying keys above all', async (t) => {
  const service = await start(t, { RATE_LIMIT_PER_ADDRESS: '5' });
  await service.call('GET', '/events', { headers: bearer(ROOT) });
  await nextWindow();
  t.strictSame(await burst(service, 8, bearer('no-key-at-all')), { 401: 5, 429: 3 });
  t.strictSame(await burst(service, 3, {}), { 429: 3 });
  t.strictSame(await burst(service, 20, bearer(ROOT)), { 200: 20 }, 'a known key is not concerned');
  t.strictSame(await burst(service, 20, {}, '/health'), { 200: 20 }, 'nor are probes');
  t.equal((await service.call('GET', '/nowhere')).status, 429, 'what does not exist is');
  const elsewhere = await service.api.app.inject({ url: '/events', remoteAddress: '203.0.113.7' });
  t.equal(elsewhere.statusCode, 401, 'nor is another address');
});

t.test(
  "the address is the client's where a trusted proxy names it, and nowhere else",
  async (t) => {
    const ask = (service: Service, from: string) =>
      service.call('GET', '/events', { headers: { 'x-forwarded-for': from } });
    const behind = await start(t, { RATE_LIMIT_PER_ADDRESS: '1', TRUST_PROXY: '127.0.0.0/8' });
    t.equal((await ask(behind, '192.0.2.1')).status, 401);
    t.equal((await ask(behind, '192.0.2.1')).status, 429);
    t.equal((await ask(behind, '192.0.2.2')).status, 401);
    const direct = await start(t, { RATE_LIMIT_PER_ADDRESS: '1' });
    t.equal((await ask(direct, '192.0.2.1')).status, 401);
    t.equal((await ask(direct, '192.0.2.2')).status, 429);
  },
);

t.test('without limits nothing is counted', async (t) => {
  const service = await start(t, {});
  const { headers } = await service.call('GET', '/events', { headers: bearer(ROOT) });
  t.equal(headers.get('ratelimit-limit'), null);
});

t.test('with Redis', { skip: redisIsMissing }, async (t) => {
  const redis = await startTestRedis(t);
  const env = { REDIS_URL: redis.url, RATE_LIMIT_PER_KEY: '10' };
  const first = await start(t, env);
  const second = await startService(t, {
    hasWorker: false,
    database: first,
    env: { API_KEYS: ROOT, ...env },
  });
  const headers = bearer(ROOT);
  for (const service of [first, second]) await service.call('GET', '/events', { headers });

  t.test('all processes count together', async (t) => {
    await nextWindow();
    const counts = await Promise.all([first, second].map((service) => burst(service, 10, headers)));
    t.equal((counts[0]?.[200] ?? 0) + (counts[1]?.[200] ?? 0), 10);
  });

  t.test(
    'each counts for itself while it is down or hangs, and together again afterwards',
    async (t) => {
      const together = async () => {
        await nextWindow();
        const counts = await Promise.all(
          [first, second].map((service) => burst(service, 10, headers)),
        );
        return (counts[0]?.[200] ?? 0) + (counts[1]?.[200] ?? 0);
      };
      await redis.kill();
      t.equal(await together(), 20, 'down');
      await redis.start();
      await until(async () => (await together()) === 10, { timeoutMs: 15_000 });
      redis.freeze();
      t.teardown(() => redis.thaw());
      await burst(first, 1, headers);
      await burst(second, 1, headers);
      await nextWindow();
      const startedAt = performance.now();
      t.equal((await burst(first, 10, headers))[200], 10, 'hung');
      t.ok(performance.now() - startedAt < 20_000, 'and nobody waits for it long');
    },
  );
});
