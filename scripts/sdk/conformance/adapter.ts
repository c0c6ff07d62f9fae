import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type Answer = { readonly value?: unknown; readonly error?: unknown };

/** A program that makes calls with one of the SDKs, as it is told. */
export type Adapter = {
  /** @throws Error when the program ends, or does not answer */
  readonly ask: (command: object) => Promise<Answer>;
  readonly close: () => Promise<void>;
};

export type Program = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Readers of lines take these two for the end of one. */
const oneLine = (value: unknown): string =>
  JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

const ANSWER_TIMEOUT_MS = 30_000;

export function startAdapter({ command, args, cwd, env }: Program): Adapter {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close').catch((error: unknown) => [error]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask(request: object): Promise<Answer> {
    child.stdin.write(`${oneLine(request)}\n`);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error('the adapter does not answer')),
      ANSWER_TIMEOUT_MS,
    );
    try {
      const line = await Promise.race([lines.next(), late]);
      if (!line.done) return JSON.parse(line.value) as Answer;
      await closed;
      throw new Error(`the adapter has ended: ${complaints}`);
    } finally {
      clearTimeout(timer);
    }
  }

  async function close(): Promise<void> {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await closed;
    clearTimeout(timer);
  }

  return { ask, close };
}
