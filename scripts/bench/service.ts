import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../../src/database/free-port.ts';
import { guardProcess } from '../../src/database/embedded-process.ts';

/** One process of the service under test. */
export type ServiceProcess = {
  /** Its role: `all`, `api`, `worker`, `naive`. */
  readonly name: string;
  readonly pid: number;
  stop(): Promise<void>;
};

export type Service = {
  readonly port: number;
  readonly processes: readonly ServiceProcess[];
  stop(): Promise<void>;
};

export type ServiceOptions = {
  readonly databaseUrl: string;
  /** Program and arguments of each process, by name. The first one listens. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  /** Environment variables on top of what the image has, DATABASE_URL and PORT. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the processes' output goes. */
  readonly logDir: string;
  /** Where each process leaves its CPU profile when it ends. */
  readonly profileDir: string | undefined;
};

/** As the image and the unit have it. */
const HEAP = ['--max-old-space-size=768'];
const ALLOCATION = { MALLOC_ARENA_MAX: '1' };

type Started = ServiceProcess & { readonly child: ChildProcess; readonly logFile: string };

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 25_000;
const POLL_MS = 50;

export const POSTHORN = new URL('../../src/main.ts', import.meta.url).pathname;

export async function startService(options: ServiceOptions): Promise<Service> {
  const port = await findFreePort();
  const processes: Started[] = [];
  const died = (): boolean => processes.some(({ child }) => hasEnded(child));
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((one) => one.stop()));
  };
  try {
    for (const [name, program] of Object.entries(options.programs)) {
      processes.push(startProcess(name, program, port, options));
      // The first one brings the database up to date before the others start.
      if (processes.length === 1) await waitUntil(port, (status) => status !== 0, died);
    }
    await waitUntil(port, (status) => status === 200, died);
  } catch (error) {
    await stop();
    const endings = await Promise.all(processes.map(({ logFile }) => endOf(logFile)));
    throw new Error(endings.join('\n'), { cause: error });
  }
  return { port, processes, stop };
}

function startProcess(
  name: string,
  program: readonly string[],
  port: number,
  options: ServiceOptions,
): Started {
  const { databaseUrl, env, logDir, profileDir } = options;
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, `${name}.log`);
  const log = openSync(logFile, 'a');
  const flags =
    profileDir === undefined
      ? HEAP
      : [
          ...HEAP,
          '--cpu-prof',
          `--cpu-prof-dir=${profileDir}`,
          `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`,
        ];
  const child = spawn(process.execPath, [...flags, ...program], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      ...ALLOCATION,
      ...env,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  const dismissGuard = guardProcess(child.pid, undefined);
  const stop = (): Promise<void> => stopProcess(child).finally(dismissGuard);
  return { name, pid: child.pid, child, logFile, stop };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}

/** Asks whether the service is ready until the answer satisfies. 0 stands for no answer. */
async function waitUntil(
  port: number,
  isEnough: (status: number) => boolean,
  died: () => boolean,
): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${port}/ready`).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    if (isEnough(status)) return;
    if (died()) throw new Error('the service ended before it was ready');
    if (Date.now() > deadline) throw new Error('the service did not become ready in time');
    await delay(POLL_MS);
  }
}

const LAST_LINES = 20;

async function endOf(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
  return [`the end of ${logFile}:`, ...lines.slice(-LAST_LINES)].join('\n');
}

export type NewSubscription = {
  readonly targetUrl: string;
  readonly eventType: string;
};

/** Creates a subscription through the API and answers its secret. */
export async function createSubscription(
  service: Service,
  { targetUrl, eventType }: NewSubscription,
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${service.port}/subscriptions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ target_url: targetUrl, event_types: [eventType] }),
  });
  if (response.status !== 201) {
    throw new Error(
      `creating a subscription was answered ${response.status}: ${await response.text()}`,
    );
  }
  return ((await response.json()) as { secret: string }).secret;
}
