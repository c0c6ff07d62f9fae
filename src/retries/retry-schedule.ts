/** The waits between attempts, in milliseconds; its length is the number of retries. */
export type RetrySchedule = { readonly waitsMs: readonly number[] };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };
const MAX_RETRIES = 30;
const MAX_WAIT_MS = 7 * DAY;

/**
 * Named schedules. `standard-webhooks` is the one that the Standard Webhooks specification
 * recommends (“Deliverability and reliability”), `svix` the one that Svix documents. `short` and
 * `exponential` are those of services that Posthorn replaces: they give up within the hour.
 */
export const PRESETS: ReadonlyMap<string, string> = new Map([
  ['standard-webhooks', '5s,5m,30m,2h,5h,10h,14h,20h,24h'],
  ['svix', '5s,5m,30m,2h,5h,10h,10h'],
  ['short', '10s,30s,1m,5m,15m'],
  ['exponential', 'exponential:2m:5'],
]);

const NO_RETRIES = 'none';

/**
 * Reads a schedule: a list of waits (`10s,30s,1m`), `exponential:<first wait>:<retries>` with
 * each wait twice the one before, or the name of a preset.
 *
 * @throws Error with a sentence that says what is wrong.
 */
export function parseRetrySchedule(text: string): RetrySchedule {
  if (text === NO_RETRIES) return { waitsMs: [] };
  const source = PRESETS.get(text) ?? text;
  const waitsMs = source.startsWith('exponential:') ? parseExponential(source) : parseList(source);
  if (waitsMs.length > MAX_RETRIES) {
    throw new Error(
      `a retry schedule has at most ${MAX_RETRIES} waits, this one has ${waitsMs.length}`,
    );
  }
  if (waitsMs.some((waitMs) => waitMs > MAX_WAIT_MS)) {
    throw new Error('no wait of a retry schedule may be longer than 7d');
  }
  return { waitsMs };
}

function parseList(source: string): number[] {
  return source.split(',').map((item) => parseWait(item.trim()));
}

function parseExponential(source: string): number[] {
  const [, first, retries, ...rest] = source.split(':');
  const count = Number(retries);
  if (first === undefined || rest.length > 0 || !/^\d{1,2}$/.test(retries ?? '')) {
    throw new Error(
      'an exponential schedule reads exponential:<first wait>:<retries>, like exponential:2m:5',
    );
  }
  const firstMs = parseWait(first);
  return Array.from({ length: count }, (_, index) => firstMs * 2 ** index);
}

function parseWait(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const waitMs = Number(count ?? 0) * (UNITS[unit] ?? 0);
  if (waitMs === 0) {
    throw new Error(
      `"${text.slice(0, 40)}" is no wait: write a number and s, m, h or d, like 30s;` +
        ` presets are ${[NO_RETRIES, ...PRESETS.keys()].join(', ')}`,
    );
  }
  return waitMs;
}

const JITTER = 0.2;

/**
 * The wait before the retry that follows failure number `failures` (from 1), with ±20 % of jitter
 * so that what failed together does not return together; undefined when there is none left.
 *
 * @param random a number in [0, 1)
 */
export function waitAfterFailure(
  schedule: RetrySchedule,
  failures: number,
  random: number,
): number | undefined {
  const waitMs = schedule.waitsMs[failures - 1];
  return waitMs === undefined ? undefined : Math.round(waitMs * (1 - JITTER + 2 * JITTER * random));
}
