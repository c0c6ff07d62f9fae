import type { Schemas } from './api-client.ts';
import type { Cell, Style } from './terminal.ts';

/*
 * How the API's resources look to a person.
 */

const STATUS_STYLES: Readonly<Record<string, Style>> = {
  active: 'green',
  delivered: 'green',
  success: 'green',
  done: 'green',
  completed: 'green',
  paused: 'yellow',
  pending: 'yellow',
  delivering: 'cyan',
  running: 'cyan',
  failed_attempt: 'yellow',
  disabled: 'red',
  failed: 'red',
  failure: 'red',
  discarded: 'dim',
  cancelled: 'dim',
};

export function statusCell(status: string): Cell {
  const style = STATUS_STYLES[status];
  return style === undefined ? status : { text: status, style };
}

/** `2026-11-22 14:50:12`, in UTC as everything else of Posthorn. */
export function shownTime(text: string | null): string {
  return text === null ? '' : text.slice(0, 19).replace('T', ' ');
}

export function shownClock(text: string): string {
  return text.slice(11, 23);
}

export function shownTypes(types: readonly string[] | null): string {
  return types === null ? 'all' : types.join(',');
}

/** The result of an attempt: the answer, or why there was none. */
export function shownAnswer({
  status_code: status,
  error,
  duration_ms: ms,
}: Pick<Schemas['Attempt'], 'status_code' | 'error' | 'duration_ms'>): string {
  if (status !== null) return `${status} in ${ms} ms`;
  return error === null
    ? `no answer in ${ms} ms`
    : `${error.kind} after ${ms} ms: ${error.message}`;
}
