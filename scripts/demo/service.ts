import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../src/config/config.ts';

/** A Posthorn in a process of its own. */
export type Service = {
  readonly origin: string;
  /** @throws Error when the API does not answer with this status. */
  readonly call: (path: string, request?: ApiRequest) => Promise<unknown>;
  /** Ctrl-C for the service. @throws Error when it does not end by itself, or not with code 0. */
  readonly stop: () => Promise<void>;
};

export type ApiRequest = {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const MAIN = new URL('../../src/main.ts', import.meta.url);
const STOP_TIMEOUT_MS = 20_000;
const CALL_TIMEOUT_MS = 30_000;

/** The caller's environment without its Posthorn settings, so that the demo is the same for all. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const known = new Set(Object.values(SETTINGS).map(({ key }) => key));
  const inherited = Object.entries(process.env).filter(([name]) => !known.has(name));
  return { ...Object.fromEntries(inherited), ...settings };
}

/** Starts every role on a free port, on an embedded Postgres, and waits until it listens. */
export async function startService(settings: Readonly<Record<string, string>>): Promise<Service> {
  const child = spawn(process.execPath, [fileURLToPath(MAIN), 'all'], {
    env: environment({ HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'error', ...settings }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C comes to the demo alone, which then stops it: two would end it in mid-work.
    detached: true,
  });
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const { promise: listening, resolve } = Promise.withResolvers<string>();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const origin = /^ {2}API +(http\S+)$/m.exec(output)?.[1];
      if (origin !== undefined) resolve(origin);
    });
  }
  const origin = await Promise.race([
    listening,
    exited.then(() => {
      throw new Error(`Posthorn did not start:\n${output}`);
    }),
  ]);

  async function stop(): Promise<void> {
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const [code, signal] = await exited;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`Posthorn ended with ${signal ?? `code ${code}`}:\n${output}`);
  }

  return { origin, stop, call: (path, request) => call(origin + path, request) };
}

async function call(url: string, request?: ApiRequest): Promise<unknown> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    ...(request && {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...request.headers },
      body: request.body,
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
