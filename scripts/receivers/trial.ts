import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { Sender } from '../../src/sender/sender.ts';
import type { Mode, Place, Program } from './programs.ts';

/** What became of one situation's events. */
export interface Tally {
  events: number;
  /** Handled, and yet an attempt failed. */
  falseFailures: number;
  /** Handled more than once. */
  doubled: number;
  /** Handled more often than the attempts say they were sent. */
  hidden: number;
  /** Of as many tries of curl: those without a 200. */
  curlFailures?: number;
  reasons: string[];
}

export interface Running {
  program: Program;
  place: Place;
  stop(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => signalGroup(child, 'SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const ATTEMPTS = 3;
const DEADLINE_MS = 10_000;
const SOURCES = join(import.meta.dirname, 'programs');

/** Undefined where it is not installed. @throws Error when it does not listen within 20 s */
export async function start(
  program: Program,
  port: number,
  installed: string,
): Promise<Running | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'));
  chmodSync(folder, 0o777);
  const place = { folder, port, handled: join(folder, 'handled'), installed };
  writeFileSync(place.handled, '');
  chmodSync(place.handled, 0o666);
  const [file, ...args] = program.command(place) ?? [];
  if (file === undefined) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'ignore'],
    // A group of its own, so that its workers end with it.
    detached: true,
    cwd: SOURCES,
    env: {
      ...process.env,
      PORT: String(port),
      HANDLED: place.handled,
      MODULES: join(installed, 'x.js'),
      PYTHONPATH: SOURCES,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  await listening(port, child, program.name);
  return {
    program,
    place,
    signal: (name) => void child.kill(name),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        signalGroup(child, 'SIGTERM');
        const isOver = await Promise.race([exited.then(() => true), delay(2_000, false)]);
        if (!isOver) signalGroup(child, 'SIGKILL');
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

async function listening(port: number, child: ChildProcess, name: string): Promise<void> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      delay(500, false),
    ]);
    socket.destroy();
    if (isThere) return;
    await delay(100);
  }
  throw new Error(`${name} does not listen`);
}

interface Attempted {
  id: string;
  sends: number;
  delivered: number;
  failed: string[];
}

let lastId = 0;

/** Sends one event as Posthorn does, with retries that are quick. */
export async function deliver(
  sender: Sender,
  { program, place }: Running,
  mode: Mode,
  body: string,
): Promise<Attempted> {
  lastId += 1;
  const attempted: Attempted = { id: `e${lastId}`, sends: 0, delivered: 0, failed: [] };
  const path = program.path?.(mode, attempted.id) ?? `/${mode}`;
  for (let attempt = 1; attempt <= ATTEMPTS && attempted.delivered === 0; attempt += 1) {
    if (attempt > 1) await delay(300);
    const outcome = await sender.send({
      url: `http://127.0.0.1:${place.port}${path}`,
      headers: { 'webhook-id': attempted.id, 'x-attempt': String(attempt) },
      body,
      deadlineMs: DEADLINE_MS,
    });
    attempted.sends += outcome.sends;
    const isTaken = outcome.kind === 'responded' && outcome.statusCode === 200;
    if (isTaken) attempted.delivered += 1;
    else {
      attempted.failed.push(
        outcome.kind === 'responded' ? `status ${outcome.statusCode}` : outcome.message,
      );
    }
  }
  return attempted;
}

export function judge({ place }: Running, events: readonly Attempted[]): Tally {
  const runs = new Map<string, number>();
  const text = existsSync(place.handled) ? readFileSync(place.handled, 'utf8') : '';
  for (const id of text.split('\n')) runs.set(id, (runs.get(id) ?? 0) + 1);
  const runsOf = ({ id }: Attempted): number => runs.get(id) ?? 0;
  const isFalse = (one: Attempted): boolean => one.failed.length > 0 && runsOf(one) > one.delivered;
  const reasons = events.flatMap((one) => one.failed);
  const lost = events.filter((one) => one.delivered > 0 && runsOf(one) === 0).length;
  if (lost > 0) reasons.push(`${lost} answered 200 and were not handled`);
  return {
    events: events.length,
    falseFailures: events.filter(isFalse).length,
    doubled: events.filter((one) => runsOf(one) > 1).length,
    hidden: events.filter((one) => runsOf(one) > one.sends).length,
    reasons: [...new Set(reasons)].slice(0, 3),
  };
}

/** How many of as many tries of curl give no 200. */
export async function curlFailures(
  { program, place }: Running,
  mode: Mode,
  bodyFile: string,
  tries: number,
): Promise<number> {
  let failures = 0;
  for (let i = 0; i < tries; i += 1) {
    const path = program.path?.(mode, `curl${i}`) ?? `/${mode}`;
    const url = `http://127.0.0.1:${place.port}${path}`;
    const format = [
      '-s',
      '--noproxy',
      '*',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--max-time',
      '10',
    ];
    const data = ['-H', 'Expect:', '-H', `webhook-id: curl${i}`, '--data-binary', `@${bodyFile}`];
    const answer = await promisify(execFile)('curl', [...format, ...data, url]).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string }) => error.stdout ?? '',
    );
    if (answer !== '200') failures += 1;
  }
  return failures;
}
