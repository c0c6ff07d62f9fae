import type { TimestampRule, WindowSeconds } from './kind.ts';
import { refuse, type Refused } from './verdict.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;

/** Unix milliseconds, or undefined when the text is no timestamp of this unit. */
export function parseTimestamp(
  text: string,
  unit: TimestampRule['unit'] = 'seconds',
): number | undefined {
  if (unit === 'iso') {
    const parsed = ISO.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(parsed) ? undefined : parsed;
  }
  if (!/^\d{1,15}$/.test(text)) return undefined;
  return unit === 'seconds' ? Number(text) * 1_000 : Number(text);
}

/** The text of a time as a provider writes it. */
export function formatTimestamp(nowMs: number, unit: TimestampRule['unit'] = 'seconds'): string {
  if (unit === 'iso') return new Date(nowMs).toISOString();
  return String(unit === 'seconds' ? Math.floor(nowMs / 1_000) : Math.floor(nowMs));
}

/** Compared in whole seconds, as the providers' own libraries do. */
export function windowProblem(
  timestampMs: number,
  nowMs: number,
  [pastSeconds, futureSeconds]: WindowSeconds,
): Refused | undefined {
  const ageSeconds = Math.floor(nowMs / 1_000) - Math.floor(timestampMs / 1_000);
  if (pastSeconds !== null && ageSeconds > pastSeconds) {
    return refuse(
      'timestamp_too_old',
      `It was signed ${ageSeconds} s ago and this kind allows ${pastSeconds} s. Check this server's clock; if that is right, it is an old request sent again.`,
    );
  }
  if (futureSeconds !== null && -ageSeconds > futureSeconds) {
    return refuse(
      'timestamp_in_future',
      `It was signed ${-ageSeconds} s ahead of this server's clock and this kind allows ${futureSeconds} s. Check the clock.`,
    );
  }
  return undefined;
}
