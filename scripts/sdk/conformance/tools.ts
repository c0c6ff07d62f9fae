import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './adapter.ts';

/** One SDK, ready to be driven. */
export type Tool = {
  readonly name: string;
  /** Short, for names of what it makes. */
  readonly id: string;
  readonly program: Program;
};

export type Prepared = {
  readonly tools: readonly Tool[];
  /** Checks that run without the service: types, formatting. */
  readonly faults: readonly string[];
  /** Why a language is not among the tools. */
  readonly missing: readonly string[];
  /** What runs the programs of the READMEs, by the name of their code blocks. */
  readonly runners: Readonly<Record<string, Runner>>;
};

export type Runner = Pick<Program, 'command' | 'env'>;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SDK = join(ROOT, 'sdk');
const HTTPX = '0.28.1';
const MYPY = '2.4.1';

type Output = { readonly code: number | null; readonly output: string };

/** Never throws: without a code, the output says why. Go is kept from looking for a C compiler. */
export async function execute(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<Output> {
  const env = { ...process.env, CGO_ENABLED: '0' };
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  } catch (error) {
    return { code: null, output: String(error) };
  }
}

type Part = {
  readonly tools: readonly Tool[];
  readonly faults?: readonly string[];
  readonly missing?: string;
  readonly runner?: Runner;
};

/** Builds the clients, and looks for what is needed to. The folder is the caller's to remove. */
export async function prepare(): Promise<Prepared & { readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-sdks-'));
  const parts = await Promise.all([typescript(), python(folder), go(folder)]);
  const names = ['js', 'python', 'go'];
  return {
    tools: parts.flatMap(({ tools }) => tools),
    faults: parts.flatMap(({ faults = [] }) => faults),
    missing: parts.flatMap(({ missing = [] }) => missing),
    runners: Object.fromEntries(
      parts.flatMap(({ runner }, index) =>
        runner === undefined ? [] : [[names[index] as string, runner]],
      ),
    ),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function typescript(): Promise<Part> {
  const built = await execute('npm', ['run', '--silent', 'build:sdk'], ROOT);
  if (built.code !== 0)
    return { tools: [], faults: [`the TypeScript SDK does not build: ${built.output}`] };
  const cwd = join(SDK, 'typescript');
  const program = { command: process.execPath, args: ['conformance/adapter.js'], cwd };
  return {
    tools: [{ name: 'TypeScript', id: 'typescript', program }],
    runner: { command: process.execPath },
  };
}

async function python(folder: string): Promise<Part> {
  const cwd = join(SDK, 'python');
  const venv = join(folder, 'venv');
  const bin = join(venv, 'bin');
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', venv]],
    [
      join(bin, 'pip'),
      ['install', '--quiet', '--disable-pip-version-check', `httpx==${HTTPX}`, `mypy==${MYPY}`],
    ],
  ];
  for (const [command, args] of steps) {
    const { code, output } = await execute(command, args, cwd);
    if (code !== 0)
      return { tools: [], missing: `Python (it needs python3, venv, pip and PyPI): ${output}` };
  }
  const typed = await execute(
    join(bin, 'mypy'),
    ['--strict', '--cache-dir', join(folder, 'mypy'), 'posthorn'],
    cwd,
  );
  const command = join(bin, 'python');
  const env = { PYTHONPATH: cwd, PYTHONDONTWRITEBYTECODE: '1' };
  const adapter = { command, cwd, env };
  return {
    tools: [
      { name: 'Python', id: 'python', program: { ...adapter, args: ['conformance/adapter.py'] } },
      {
        name: 'Python, async',
        id: 'python-async',
        program: { ...adapter, args: ['conformance/adapter.py', 'async'] },
      },
    ],
    faults: typed.code === 0 ? [] : [`mypy --strict: ${typed.output}`],
    runner: { command, env },
  };
}

async function go(folder: string): Promise<Part> {
  const cwd = join(SDK, 'go');
  const version = await execute('go', ['version'], cwd);
  if (version.code !== 0) return { tools: [], missing: 'Go (there is no go)' };
  const binary = join(folder, 'adapter');
  const built = await execute('go', ['build', '-o', binary, './conformance'], cwd);
  if (built.code !== 0)
    return { tools: [], faults: [`the Go SDK does not build: ${built.output}`] };
  const vetted = await execute('go', ['vet', './...'], cwd);
  // One of these tests wants Go 1.23, and is passed over where there is none.
  const tested = await execute('go', ['test', './...'], cwd);
  const formatted = await execute('gofmt', ['-l', '.'], cwd);
  return {
    tools: [{ name: 'Go', id: 'go', program: { command: binary, args: [], cwd } }],
    faults: [
      ...(vetted.code === 0 ? [] : [`go vet: ${vetted.output}`]),
      ...(tested.code === 0 ? [] : [`go test: ${tested.output}`]),
      ...(formatted.code === 0 && formatted.output === ''
        ? []
        : [`gofmt would change ${formatted.output}`]),
    ],
    runner: { command: 'go' },
  };
}
