import { write, writeSync } from 'node:fs';
import { codeOf } from './thrown.ts';

/**
 * Lines are written together, from this many characters on or after this long: at thousands of
 * attempts a second, a write for every line would cost as much as sending a request.
 */
const WRITE_FROM_CHARACTERS = 8_192;
const WRITE_AFTER_MS = 200;
/** What a reader that has stopped reading may cost: memory while running, and time at the end. */
const MOST_WAITING_CHARACTERS = 16_777_216;
const FLUSH_WITHIN_MS = 1_000;
const BUSY_MS = 10;

export type LogDestination = {
  write(line: string): void;
  /** Writes what waits before it returns, within a second at most. pino calls it for fatal lines. */
  flushSync(): void;
};

/**
 * Standard output for the log, off the hot path. pino's own destination repeats a synchronous write
 * that fails, without an end whatever the error; here a reader that has gone, or a full disk, ends
 * the log and never the service, nor its stopping.
 */
export function createLogDestination(fileDescriptor: number): LogDestination {
  let waiting = '';
  let isWriting = false;
  let isBroken = false;
  let timer: NodeJS.Timeout | undefined;

  function giveUp(): void {
    isBroken = true;
    waiting = '';
  }

  function start(): void {
    timer = undefined;
    if (isWriting || isBroken || waiting === '') return;
    isWriting = true;
    const bytes = Buffer.from(waiting);
    waiting = '';
    writeFrom(bytes, 0);
  }

  function writeFrom(bytes: Buffer, offset: number): void {
    write(fileDescriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (error === null) {
        if (offset + written < bytes.length) return writeFrom(bytes, offset + written);
        isWriting = false;
        if (waiting.length >= WRITE_FROM_CHARACTERS) start();
        else if (waiting !== '') timer ??= setTimeout(start, WRITE_AFTER_MS).unref();
      } else if (isBusy(error)) {
        setTimeout(writeFrom, BUSY_MS, bytes, offset).unref();
      } else {
        giveUp();
      }
    });
  }

  function flushSync(): void {
    const bytes = Buffer.from(waiting);
    waiting = '';
    const untilMs = performance.now() + FLUSH_WITHIN_MS;
    let offset = 0;
    while (offset < bytes.length && !isBroken) {
      try {
        offset += writeSync(fileDescriptor, bytes, offset);
      } catch (error) {
        if (!isBusy(error) || performance.now() > untilMs) giveUp();
        else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
      }
    }
  }

  process.on('exit', flushSync);
  return {
    write(line) {
      if (isBroken || waiting.length > MOST_WAITING_CHARACTERS) return;
      waiting += line;
      if (waiting.length >= WRITE_FROM_CHARACTERS) start();
      else timer ??= setTimeout(start, WRITE_AFTER_MS).unref();
    },
    flushSync,
  };
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EAGAIN' || code === 'EBUSY';
}
