import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import {
  access,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../base/logger.ts';
import { StartError } from '../base/start-error.ts';
import type { PostgresUser } from './embedded-binaries.ts';
import { startProgram } from './embedded-process.ts';
import { findFreePort } from './free-port.ts';

/** A cluster on disk and who runs it. */
export type Cluster = {
  readonly folder: string;
  readonly native: string;
  readonly user: PostgresUser | undefined;
  readonly logger: Logger;
};

/** Our own file beside those of Postgres. */
export type Access = { readonly password: string; readonly port: number };

const accessFile = (folder: string): string => join(folder, 'posthorn.json');

export function urlOf({ password, port }: Access, database: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
}

export async function readAccess(folder: string): Promise<Access> {
  return JSON.parse(await readFile(accessFile(folder), 'utf8')) as Access;
}

export async function writeAccess(folder: string, access: Access): Promise<void> {
  await writeFile(accessFile(folder), JSON.stringify(access), { mode: 0o600 });
}

async function giveTo(user: PostgresUser | undefined, path: string): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/**
 * Makes the cluster in a folder of its own and renames it when it is complete, so that a crash
 * leaves none half made, and of two processes that begin at once one wins.
 */
async function create({ folder, native, user, logger }: Cluster): Promise<void> {
  logger.info({ data_dir: folder }, 'creating the embedded Postgres');
  const draft = await mkdtemp(`${folder}-draft-`);
  const passwordFile = `${draft}.password`;
  try {
    const password = randomBytes(24).toString('base64url');
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    await Promise.all([giveTo(user, draft), giveTo(user, passwordFile)]);
    const lines: string[] = [];
    const initdb = await startProgram({
      program: join(native, 'bin', 'initdb'),
      user,
      onLine: (line) => lines.push(line),
      paths: [draft, passwordFile],
      args: (data, passwords) => [
        `--pgdata=${data}`,
        `--pwfile=${passwords}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
      ],
    });
    const outcome = await initdb.outcome;
    if (outcome !== undefined) {
      throw new StartError(`initdb failed: ${lines.join(' ') || outcome}`);
    }
    await writeAccess(draft, { password, port: await findFreePort() });
    await giveTo(user, accessFile(draft));
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** Creates the cluster on first use; afterwards the owner of its files runs it. */
export async function ensureCluster(cluster: Cluster): Promise<Cluster> {
  const { folder } = cluster;
  try {
    await mkdir(dirname(folder), { recursive: true });
    if (!existsSync(folder)) await create(cluster);
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new StartError(
      `cannot use ${folder} for the embedded Postgres (${(error as Error).message}); start Posthorn ` +
        'as the user who owns it, or set DATA_DIR or DATABASE_URL',
      { cause: error },
    );
  }
  if (cluster.user === undefined) return cluster;
  const { uid, gid } = await stat(folder);
  return { ...cluster, user: { ...cluster.user, uid, gid } };
}

/** Process id and port, as Postgres writes them when it starts. */
export async function findRunning(
  folder: string,
): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 0)) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  return { pid, port: Number(lines[3]) };
}

/** After a crash of the machine or container, another program may have the process id. */
export async function isPostgres(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    .catch(async () => {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]);
      return stdout;
    })
    .catch(() => '');
  return command.split(/[\0 ]/, 1)[0]?.endsWith('postgres') === true;
}
