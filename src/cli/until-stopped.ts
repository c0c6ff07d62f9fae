import { setTimeout as delay } from 'node:timers/promises';

/** A signal that is given once the user wants the command to end. Twice ends it at once. */
export function onStop(): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return stopping.signal;
}

/** Waits, though not once the command is to end. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** How long to wait before asking again a server that has failed this many times in a row. */
export function waitAfter(failures: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS));
}
