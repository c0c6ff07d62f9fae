/**
 * Packs the package, installs it into an empty folder as npm does for everyone else, and uses it
 * there: help, the API, the dashboard, publishing. Exits with 1 when anything is amiss.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFreePort } from '../src/database/free-port.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const START_TIMEOUT_MS = 120_000;

const folder = await mkdtemp(join(tmpdir(), 'posthorn-package-'));
// The Node that runs this comes first, as it would where there is nothing but that.
const path = `${dirname(process.execPath)}:${process.env['PATH']}`;

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

function expect(what: string, found: string, wanted: RegExp): void {
  if (!wanted.test(found))
    throw new Error(`${what} is not as it should be:\n${found.slice(0, 2_000)}`);
  process.stdout.write(`${what}: as it should be\n`);
}

async function install(): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 1e8,
  });
  const tarball = /"filename": "([^"]+\.tgz)"/.exec(stdout)?.[1] ?? '';
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball)], {
    cwd: folder,
    maxBuffer: 1e8,
  });
}

async function use(): Promise<void> {
  const port = await findFreePort();
  const address = `http://127.0.0.1:${port}`;
  const env = {
    HOME: process.env['HOME'],
    PATH: path,
    PORT: String(port),
    LOG_LEVEL: 'warn',
    POSTHORN_URL: address,
    DATA_DIR: join(folder, 'data'),
  };
  const posthorn = async (...args: string[]): Promise<string> =>
    (await run('npx', ['--no-install', 'posthorn', ...args], { cwd: folder, env })).stdout;
  expect('npx posthorn --help', await posthorn('--help'), /usage: posthorn <command>/);

  // Not by npx, which would not pass a signal on.
  const bin = join(folder, 'node_modules', '.bin', 'posthorn');
  const server = spawn(process.execPath, [bin, 'serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exited = once(server, 'exit');
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (
      !(await fetch(`${address}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (Date.now() > deadline || server.exitCode !== null)
        throw new Error('posthorn serve does not start');
      await delay(100);
    }
    expect('the dashboard', await text(`${address}/`), /<script type="module"[^>]* src=/);
    expect('the document', await text(`${address}/openapi.yaml`), /^openapi: 3\.1/);
    await posthorn('subscriptions', 'create', `${address}/webhook`);
    expect(
      'npx posthorn trigger',
      await posthorn('trigger', 'order.created'),
      /order\.created {2}1 delivery/,
    );
    expect('npx posthorn doctor', await posthorn('doctor'), /migrations +up to date/);
    const received = async (): Promise<string> => text(`${address}/webhook`);
    while (!/order\.created/.test(await received()) && Date.now() < deadline) await delay(100);
    expect('the delivery', await received(), /order\.created/);
  } finally {
    server.kill('SIGINT');
    await exited;
  }
}

try {
  await install();
  await use();
} finally {
  await rm(folder, { recursive: true, force: true });
}
