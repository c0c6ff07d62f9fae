import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../../src/database/free-port.ts';
import type { Program } from './adapter.ts';
import type { CaseResult, Stage } from './cases.ts';
import { execute, type Runner } from './tools.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The languages by the name of their code blocks, with the folder of each below sdk/. */
const FOLDERS = { js: 'typescript', python: 'python', go: 'go' } as const;
type Language = keyof typeof FOLDERS;

/** What the programs have in them, for readers to replace by their own. */
const ADDRESS = 'http://127.0.0.1:3000';
const PORT = '4000';
const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const PATIENCE_MS = 20_000;

/** Runs the "Complete programs" of each client's README as written there: one sends, one receives. */
export async function runExamples(
  runners: Readonly<Record<string, Runner>>,
  stage: Stage,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const language of Object.keys(FOLDERS) as Language[]) {
    const runner = runners[language];
    if (runner === undefined) continue;
    const readme = await readFile(join(ROOT, 'sdk', FOLDERS[language], 'README.md'), 'utf8');
    const section = /^## Complete programs$(.*?)^## /ms.exec(readme)?.[1] ?? '';
    const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
    const programs = [...section.matchAll(pattern)].map(([, program]) => program as string);
    const faults = await runPair(programs, { language, runner, stage }).catch((error: unknown) => [
      String(error),
    ]);
    results.push({ name: `the programs in ${language}`, faults });
  }
  return results;
}

type Run = { readonly language: Language; readonly runner: Runner; readonly stage: Stage };

async function runPair(
  programs: readonly string[],
  { language, runner, stage }: Run,
): Promise<string[]> {
  const [client, receiver] = programs;
  if (client === undefined || receiver === undefined)
    return [`sdk/${FOLDERS[language]}/README.md needs two programs`];
  await using closers = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-example-'));
  closers.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await findFreePort();

  const receiving = await build(
    language,
    runner,
    join(folder, 'receiver'),
    receiver.replace(PORT, String(port)),
  );
  const server = run(receiving, { SECRET });
  closers.defer(server.stop);
  const target = `http://127.0.0.1:${port}/`;
  const forged = await untilAnswered(target);
  if (forged !== 400)
    return [`the receiver answers ${forged} to what is forged: ${server.output()}`];

  const subscription = await call(stage, 'POST', '/subscriptions', {
    target_url: target,
    secret: SECRET,
  });
  closers.defer(() => call(stage, 'DELETE', `/subscriptions/${subscription.id}`));
  const sending = await build(
    language,
    runner,
    join(folder, 'client'),
    client.replace(ADDRESS, stage.origin),
  );
  const { code, output } = await run(sending, { POSTHORN_API_KEY: stage.key }).ended;
  if (code !== 0 || !/^[\da-f-]{36} goes to 1 subscriptions\n[\da-f-]{36} \w+\n$/.test(output)) {
    return [`the client ended with ${code}: ${output}`];
  }
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!/order\.created.*8127/s.test(server.output())) {
    if (performance.now() > deadlineMs) return [`the receiver printed "${server.output()}"`];
    await delay(50);
  }
  return [];
}

/** Puts a program where its language finds the client, and compiles it where that is needed. */
async function build(
  language: Language,
  runner: Runner,
  folder: string,
  program: string,
): Promise<Program> {
  await mkdir(folder, { recursive: true });
  if (language === 'go') {
    const module = `module example\n\ngo 1.19\n\nrequire posthorn v0.0.0\n\nreplace posthorn => ${join(ROOT, 'sdk/go')}\n`;
    await writeFile(join(folder, 'go.mod'), module);
    await writeFile(join(folder, 'main.go'), program);
    const { code, output } = await execute(runner.command, ['build', '-o', 'example', '.'], folder);
    if (code !== 0) throw new Error(output);
    return { command: join(folder, 'example'), args: [], cwd: folder };
  }
  if (language === 'js') {
    await mkdir(join(folder, 'node_modules'));
    await symlink(ROOT, join(folder, 'node_modules/posthorn'));
  }
  const file = join(folder, language === 'js' ? 'example.mjs' : 'example.py');
  await writeFile(file, program);
  return { command: runner.command, args: [file], cwd: folder, env: runner.env ?? {} };
}

function run({ command, args, cwd, env }: Program, settings: Record<string, string>) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env, ...settings } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { ended, stop, output: () => output };
}

/** What a receiver answers to a forged delivery, once it listens. */
async function untilAnswered(url: string): Promise<number> {
  const headers = {
    'webhook-id': 'forged',
    'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
    'webhook-signature': 'v1,Zm9yZ2Vk',
  };
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return (await fetch(url, { method: 'POST', headers, body: '{}' })).status;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await delay(50);
    }
  }
}

async function call(
  { origin, key }: Stage,
  method: string,
  path: string,
  body?: object,
): Promise<any> {
  const response = await fetch(origin + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
  return response.status === 204 ? undefined : response.json();
}
