import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { until } from './until.ts';

const BIN = new URL('../../bin/posthorn.js', import.meta.url).pathname;

export type CliResult = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};
export type CliOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
};

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the command line as a process of its own, until it ends. */
export async function runCli(
  args: readonly string[],
  { env, input }: CliOptions = {},
): Promise<CliResult> {
  const child = start(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin?.on('error', () => undefined).end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** A command that goes on until it is stopped. Ends with the test. */
export function startCli(t: Test, args: readonly string[], env?: Readonly<Record<string, string>>) {
  const child = start(args, env);
  const lines: string[] = [];
  const notes: string[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
    lines.push(line),
  );
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) =>
    notes.push(line),
  );
  const closed = once(child, 'close').then(([code]) => code as number | null);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return {
    /** What it has printed on stdout so far, line by line. */
    lines,
    /** The same of stderr. */
    notes,
    /** The lines as JSON. */
    documents: (): any[] => lines.map((line) => JSON.parse(line)),
    untilLine: (pattern: RegExp): Promise<string> =>
      until(() => [...lines, ...notes].find((line) => pattern.test(line)), {
        what: `a line like ${pattern}`,
      }),
    /** Interrupts it, as Ctrl-C does, and answers its exit code. */
    async stop(): Promise<number | null> {
      child.kill('SIGINT');
      return closed;
    },
    closed,
  };
}
