import { Redis } from 'ioredis';
import { failed, ok, skipped, type Check } from './check.ts';

const TIMEOUT_MS = 2_000;

export async function checkRedis(url: string | undefined): Promise<Check> {
  if (url === undefined)
    return skipped('redis', 'REDIS_URL is not set; each process caches for itself');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  // The reason of a refused connection is reported here, and not by the command that it fails.
  redis.on('error', (error: Error) => (reason ??= error));
  try {
    await redis.connect();
    const startedAt = performance.now();
    await redis.ping();
    const tookMs = (performance.now() - startedAt).toFixed(1);
    const version =
      /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of unknown version';
    return ok('redis', `Redis ${version}, ${tookMs} ms away`);
  } catch (error) {
    const { message, code } = (reason ?? error) as NodeJS.ErrnoException;
    return failed(
      'redis',
      `it does not answer: ${message || code}`,
      'Start it, correct REDIS_URL, or unset that: Posthorn works without, with more queries.',
    );
  } finally {
    redis.disconnect();
  }
}
