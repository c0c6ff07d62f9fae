import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { StartError } from '../base/start-error.ts';
import { isReachable, type PostgresUser } from './embedded-binaries.ts';

/** Nothing of our own environment: PG* variables would change what the programs do. */
const ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC' };

export type ProgramOptions = {
  readonly program: string;
  /** Undefined: the user we run as. */
  readonly user: PostgresUser | undefined;
  /** Receives each line of standard error. */
  readonly onLine: (line: string) => void;
  /** Existing files and folders the program needs; their names are passed to `args`. */
  readonly paths: readonly string[];
  readonly args: (...paths: string[]) => readonly string[];
};

export type Program = {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when it has ended: undefined for success, else what went wrong. */
  readonly outcome: Promise<string | undefined>;
  readonly kill: (signal: NodeJS.Signals) => void;
};

/**
 * Starts one of Postgres' programs in a session of its own, so that a Ctrl-C in the terminal comes
 * to us alone and Postgres stops when we have finished with it.
 *
 * Where its user may not pass the folders above a path (a clone below /root, say), the program
 * gets the path as a descriptor that we opened, under its name in /proc. Postgres enters its data
 * folder once and uses relative names from then on, and its processes inherit the descriptor.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { user } = options;
  const isHidden =
    user !== undefined &&
    (await Promise.all(options.paths.map((path) => isReachable(dirname(path))))).includes(false);
  if (isHidden && process.platform !== 'linux') {
    throw new StartError(
      `the embedded Postgres runs as ${user.name}, who cannot reach ${options.paths[0]}; set ` +
        'DATA_DIR to a folder below one that every user may enter',
    );
  }
  const handles = await Promise.all(isHidden ? options.paths.map((path) => open(path)) : []);
  try {
    const firstFd = 3;
    const names = isHidden
      ? handles.map((_, index) => `/proc/self/fd/${firstFd + index}`)
      : options.paths;
    const child = spawn(options.program, options.args(...names), {
      cwd: '/',
      detached: true,
      env: ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe', ...handles.map((handle) => handle.fd)],
      windowsHide: true,
      ...(user && { uid: user.uid, gid: user.gid }),
    });
    if (child.stderr) createInterface({ input: child.stderr }).on('line', options.onLine);
    return {
      pid: child.pid,
      outcome: outcomeOf(child),
      kill: (signal) => void child.kill(signal),
    };
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

function outcomeOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`);
    });
  });
}

/**
 * Stops Postgres when this process goes away without stopping it, even by kill -9: a shell waits
 * at the end of a pipe that only we hold. Returns the function that dismisses the shell.
 */
export function guardProcess(pid: number | undefined, user: PostgresUser | undefined): () => void {
  if (pid === undefined || process.platform === 'win32') return () => undefined;
  const guard = spawn('/bin/sh', ['-c', 'read -r dismissed || kill -INT "$0"', `${pid}`], {
    cwd: '/',
    detached: true,
    env: ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  return () => guard.stdin?.end('dismissed\n');
}
