import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

export type Role = 'all' | 'api' | 'worker';

export type ProcessOptions = {
  readonly name: string;
  readonly role: Role;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Resolves when the process with this id serves. */
  readonly untilReady: (pid: number) => Promise<void>;
};

export type StartOptions = {
  /** On top of the process' own settings, for this start only. */
  readonly env?: Readonly<Record<string, string>>;
  /** The release to run; this one unless given. */
  readonly main?: string;
  /** Sees this file as its resolv.conf. */
  readonly resolvConf?: string;
};

/** One process of Posthorn, at the mercy of the campaign. */
export type FaultyProcess = {
  readonly name: string;
  readonly role: Role;
  /** 0 while it does not run. */
  readonly pid: number;
  /** Ends that nobody asked for. */
  readonly crashes: readonly string[];
  start(options?: StartOptions): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; answers how it ended. */
  terminate(): Promise<string>;
  freeze(): void;
  thaw(): void;
  residentMb(): Promise<number>;
};

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const TERMINATE_WITHIN_MS = 30_000;

/** Mounts are made in a namespace of the process' own; `exec` keeps the process id. */
const WITH_RESOLV_CONF = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';

export function createProcess(options: ProcessOptions): FaultyProcess {
  const crashes: string[] = [];
  let child: ChildProcess | undefined;
  let ended: Promise<string> = Promise.resolve('');
  let isEndAsked = false;

  function launch({ env = {}, main = MAIN, resolvConf }: StartOptions): ChildProcess {
    const program = [process.execPath, main, options.role];
    const [command, ...args] =
      resolvConf === undefined
        ? program
        : ['unshare', '--mount', 'sh', '-c', WITH_RESOLV_CONF, 'sh', resolvConf, ...program];
    const log = openSync(options.logFile, 'a');
    try {
      return spawn(command as string, args, {
        env: { PATH: process.env['PATH'], ...options.env, ...env },
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
  }

  async function start(startOptions: StartOptions = {}): Promise<void> {
    const started = launch(startOptions);
    child = started;
    isEndAsked = false;
    ended = new Promise((resolve) => {
      started.once('exit', (code, signal) => {
        const how = signal ?? `code ${code}`;
        if (child === started) child = undefined;
        if (!isEndAsked) crashes.push(`${options.name} ended by itself with ${how}`);
        resolve(how);
      });
    });
    await Promise.race([
      options.untilReady(started.pid as number),
      ended.then((how) => {
        throw new Error(
          `${options.name} ended with ${how} while it started; see ${options.logFile}`,
        );
      }),
    ]);
  }

  async function end(signal: NodeJS.Signals): Promise<string> {
    if (child === undefined) return 'nothing';
    isEndAsked = true;
    child.kill(signal);
    const ending = child;
    const timer = setTimeout(() => ending.kill('SIGKILL'), TERMINATE_WITHIN_MS);
    const how = await ended;
    clearTimeout(timer);
    return how;
  }

  return {
    name: options.name,
    role: options.role,
    crashes,
    start,
    get pid() {
      return child?.pid ?? 0;
    },
    async kill() {
      await end('SIGKILL');
    },
    terminate: () => end('SIGTERM'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async residentMb() {
      const status = await readFile(`/proc/${child?.pid}/status`, 'utf8').catch(() => '');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
    },
  };
}
