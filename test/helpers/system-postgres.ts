import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Test } from 'tap';
import { findPostgresUser } from '../../src/database/embedded-binaries.ts';
import { findFreePort } from '../../src/database/free-port.ts';
import { until } from './until.ts';

/** Where Debian and its kin put the programs of Postgres, the newest release of those there are. */
const BIN = globSync('/usr/lib/postgresql/*/bin').sort().at(-1) ?? '';

/** False, or why tests with pg_dump cannot run here: for the `skip` option. Never skips in CI. */
export const systemPostgresIsMissing: string | false =
  !process.env['CI'] && !existsSync(`${BIN}/pg_dump`)
    ? 'there is no Postgres below /usr/lib/postgresql: THE TESTS WITH PG_DUMP DID NOT RUN'
    : false;

/** A server of the system's Postgres, whose pg_dump fits it; gone with the test. */
export async function startSystemPostgres(t: Test): Promise<{ url: string; bin: string }> {
  const user = await findPostgresUser();
  const identity = user && { uid: user.uid, gid: user.gid };
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-system-postgres-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  if (user) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = [
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await promisify(execFile)(`${BIN}/initdb`, [`--pgdata=${data}`, ...options], {
    cwd: folder,
    ...identity,
  });
  const port = await findFreePort();
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
  };
  const server = spawn(
    `${BIN}/postgres`,
    [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { cwd: folder, stdio: 'ignore', ...identity },
  );
  const ended = once(server, 'exit');
  t.teardown(async () => {
    server.kill('SIGINT');
    await ended;
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await until(() => answers(url), { what: 'the server to answer', timeoutMs: 30_000 });
  return { url, bin: BIN };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  return client
    .connect()
    .then(() => client.end())
    .then(
      () => true,
      () => false,
    );
}
