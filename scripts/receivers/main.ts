/**
 * Delivers to real receivers, and compares what each handler says it did with what the attempts say:
 * around idle time-outs, with bodies that the handler does not read over small kernel buffers, and
 * while the receiver reloads. Fails where a figure is not 0 and no reason is written down.
 *
 *   npm run test:receivers [-- --short] [--only nginx,JDK] [--install]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSender, type Sender } from '../../src/sender/sender.ts';
import { IDLE_SECONDS, PROGRAMS } from './programs.ts';
import { curlFailures, deliver, judge, start, type Running, type Tally } from './trial.ts';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    install: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** Set by itself, inside a network namespace of its own. */
    apart: { type: 'boolean', default: false },
  },
});
const INSTALLED = join(import.meta.dirname, '../../node_modules/.cache/receivers');
const FIRST_PORT = 41_000;
const MIB = 1_048_576;
const TRIES = options.short ? 8 : 20;
const EVENTS_AT_ONCE = 8;

type Row = Tally & { receiver: string; situation: string; known: string | undefined };

if (options.install) install();
else if (!options.apart && canBeApart()) {
  const args = ['-n', process.execPath, import.meta.filename, ...process.argv.slice(2), '--apart'];
  process.exitCode = spawnSync('unshare', args, { stdio: 'inherit' }).status ?? 1;
} else {
  await tryAll();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function install(): void {
  mkdirSync(INSTALLED, { recursive: true });
  const run = (file: string, ...args: string[]) =>
    execFileSync(file, args, { cwd: INSTALLED, stdio: 'inherit' });
  run('python3', '-m', 'venv', 'venv');
  run('venv/bin/pip', 'install', '-q', 'gunicorn', 'uvicorn', 'httptools', 'hypercorn', 'waitress');
  run('npm', 'install', '--silent', '--no-save', '--prefix', '.', 'express@5');
  say('Debian has the rest: nginx-light haproxy apache2 lighttpd busybox mini-httpd');
}

/** Only there may the size of the kernel's buffers be set. */
function canBeApart(): boolean {
  return spawnSync('unshare', ['-n', 'true']).status === 0;
}

function setBuffers(bytes: number): void {
  for (const name of ['tcp_wmem', 'tcp_rmem']) {
    writeFileSync(`/proc/sys/net/ipv4/${name}`, `4096 ${bytes} ${bytes}`);
  }
}

async function tryAll(): Promise<void> {
  say('receiver | situation | events | false failures | doubled | hidden | curl failed');
  const rows: Row[] = [];
  if (options.apart) {
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    for (const bytes of options.short ? [32_768] : [32_768, 262_144]) {
      setBuffers(bytes);
      rows.push(...(await withAll((all) => unread(all, `${bytes / 1_024} KiB buffers`))));
    }
    setBuffers(131_072);
  } else {
    rows.push(...(await withAll((all) => unread(all, 'plain loopback'))));
  }
  rows.push(
    ...(await withAll(async (all) => [
      ...(await Promise.all(all.map(pauses))).flat(),
      ...(await reloads(all)),
    ])),
  );
  conclude(rows);
}

async function withAll(trial: (all: Running[]) => Promise<Row[]>): Promise<Row[]> {
  const wanted = options.only?.split(',');
  const all: Running[] = [];
  try {
    for (const [index, program] of PROGRAMS.entries()) {
      if (wanted?.includes(program.name) === false) continue;
      const running = await start(program, FIRST_PORT + 2 * index, INSTALLED);
      if (running === undefined) say(`${program.name} is not installed`);
      else all.push(running);
    }
    return await trial(all);
  } finally {
    await Promise.all(all.map((running) => running.stop()));
  }
}

function openSender(): Sender {
  const guard = createAddressGuard({ allowedPrivateCidrs: ['127.0.0.0/8'] });
  return createSender({ guard, userAgent: 'Posthorn/receivers' });
}

function rowOf(running: Running, situation: string, tally: Tally): Row {
  const { name, known } = running.program;
  const row = { ...tally, receiver: name, situation, known };
  print(row);
  return row;
}

/** A body that the handler does not read: it answers, and closes over it. */
async function unread(all: Running[], buffers: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const running of all) {
    const tries = Math.min(TRIES, running.program.tries ?? TRIES);
    const sender = openSender();
    for (const bytes of [MIB / 4, MIB]) {
      const body = 'x'.repeat(bytes);
      const events = [];
      for (let i = 0; i < tries; i += 1) {
        events.push(await deliver(sender, running, 'unread', body));
      }
      const file = join(running.place.folder, 'sent');
      writeFileSync(file, body);
      // nginx writes its log once the body is dropped, after the answer.
      await delay(500);
      const tally = judge(running, events);
      const curl = await curlFailures(running, 'unread', file, tries);
      const situation = `${bytes / 1_024} KiB unread, ${buffers}`;
      rows.push(rowOf(running, situation, { ...tally, curlFailures: curl }));
    }
    await sender.close();
  }
  return rows;
}

/** Around the idle time-out, where the receiver closes what is about to be used. */
async function pauses(running: Running): Promise<Row[]> {
  const sender = openSender();
  const events = [];
  const around = options.short ? [0.98, 1, 1.02] : [0.9, 0.96, 0.98, 0.99, 1, 1.01, 1.02, 1.1];
  for (const part of around) {
    for (const rounds of [1, 2]) {
      const some = Array.from({ length: EVENTS_AT_ONCE }, () =>
        deliver(sender, running, 'read', '{}'),
      );
      events.push(...(await Promise.all(some)));
      if (rounds === 1) await delay(IDLE_SECONDS * 1_000 * part);
    }
  }
  await sender.close();
  return [rowOf(running, `pauses around ${IDLE_SECONDS} s`, judge(running, events))];
}

async function reloads(all: Running[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const running of all) {
    const { reload } = running.program;
    if (reload === undefined) continue;
    const sender = openSender();
    const events = [];
    for (let i = 0; i < (options.short ? 60 : 300); i += 1) {
      if (i % 20 === 10) running.signal(reload);
      events.push(deliver(sender, running, 'read', '{}'));
      await delay(50);
    }
    rows.push(rowOf(running, 'reloads', judge(running, await Promise.all(events))));
    await sender.close();
  }
  return rows;
}

function isRight({ falseFailures, doubled, hidden, curlFailures = 0 }: Row): boolean {
  return falseFailures <= curlFailures && doubled <= curlFailures && hidden === 0;
}

function print(row: Row): void {
  const { receiver, situation, events, falseFailures, doubled, hidden, curlFailures } = row;
  const figures = [events, falseFailures, doubled, hidden, curlFailures ?? ''];
  say([receiver, situation, ...figures].join(' | '));
  if (row.reasons.length > 0) say(`    ${row.reasons.join('; ')}`);
  if (!isRight(row) && row.known !== undefined) say(`    known: ${row.known}`);
}

function conclude(rows: readonly Row[]): void {
  const wrong = rows.filter((row) => !isRight(row) && row.known === undefined).length;
  say(wrong === 0 ? '\nNo false failure.' : `\n${wrong} situations are wrong.`);
  if (wrong > 0) process.exitCode = 1;
}
