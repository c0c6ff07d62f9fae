/**
 * Runs tap over the files given, or all, with one embedded Postgres for all of them.
 * POSTHORN_TEST_DATABASE_URL names another server to use instead.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { redisIsMissing } from '../test/helpers/redis.ts';
import { startTemporaryPostgres } from './temporary-postgres.ts';

const TAP = fileURLToPath(new URL('../node_modules/.bin/tap', import.meta.url));

const given = process.env['POSTHORN_TEST_DATABASE_URL'];
const postgres = given
  ? { url: given, stop: async () => undefined }
  : await startTemporaryPostgres();
if (redisIsMissing) process.stderr.write(`\n  ${redisIsMissing}\n\n`);

// Ctrl-C reaches tap as well; we wait for it to end.
process.on('SIGINT', () => undefined);
try {
  const tap = spawn(TAP, ['run', ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, POSTHORN_TEST_DATABASE_URL: postgres.url },
  });
  const [code] = (await once(tap, 'close')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await postgres.stop();
}
