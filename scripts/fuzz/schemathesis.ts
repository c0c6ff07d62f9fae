import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tally } from './tally.ts';

const VERSION = '4.32.5';
const INSTALL_TIMEOUT_MS = 300_000;
const RUN_TIMEOUT_MS = 900_000;
const CONFIG = fileURLToPath(new URL('./schemathesis.toml', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));

/** One never ends its answer; the other answers any status, after any delay it is asked for. */
const EXCLUDED = ['openStream', 'receiveTestWebhook'];

export type Schemathesis = {
  readonly run: (options: RunOptions) => Promise<Tally>;
  readonly remove: () => Promise<void>;
};

type RunOptions = {
  readonly origin: string;
  readonly key: string;
  readonly seed: number;
  /** Cases made up for each operation, beside those that cover its schema. */
  readonly examples: number;
};

/**
 * Installs Schemathesis into a directory of its own. Undefined where that cannot be done: without
 * Python, or without a way to PyPI.
 */
export async function installSchemathesis(): Promise<Schemathesis | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-schemathesis-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  const bin = join(directory, 'bin');
  try {
    const commands: [string, string[]][] = [
      ['python3', ['-m', 'venv', directory]],
      [join(bin, 'pip'), ['install', '--quiet', `schemathesis==${VERSION}`]],
    ];
    for (const [program, args] of commands) {
      const { code, output } = await execute(program, args, directory, INSTALL_TIMEOUT_MS);
      if (code !== 0) throw new Error(`${program} ended with ${code}: ${output}`);
    }
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    await remove();
    return undefined;
  }
  return { remove, run: (options) => run(join(bin, 'schemathesis'), directory, options) };
}

async function run(
  program: string,
  cwd: string,
  { origin, key, seed, examples }: RunOptions,
): Promise<Tally> {
  const { code, output } = await execute(
    program,
    [
      '--config-file',
      CONFIG,
      'run',
      DOCUMENT,
      '--url',
      origin,
      '--header',
      `Authorization: Bearer ${key}`,
      '--checks',
      'all',
      '--mode',
      'all',
      '--continue-on-failure',
      ...EXCLUDED.flatMap((id) => ['--exclude-operation-id', id]),
      '--seed',
      String(seed),
      '--max-examples',
      String(examples),
      '--workers',
      '1',
      '--request-timeout',
      '40',
      '--generation-database',
      'none',
      '--suppress-health-check',
      'all',
      '--warnings',
      'off',
      '--no-color',
    ],
    cwd,
    RUN_TIMEOUT_MS,
  );
  const count = Number(/^\s*(\d+) generated/m.exec(output)?.[1] ?? 0);
  const violations = code === 0 && count > 0 ? [] : [output];
  return { name: `Schemathesis ${VERSION}, seed ${seed}`, count, violations };
}

async function execute(
  program: string,
  args: readonly string[],
  cwd: string,
  timeoutMs: number,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
