const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';

/** The three forms of RFC 9110, 5.6.7. */
const DATES = [
  `^[a-z]{3}, (?<day>\\d\\d) (?<month>[a-z]{3}) (?<year>\\d{4}) ${TIME} GMT$`,
  `^[a-z]{6,9}, (?<day>\\d\\d)-(?<month>[a-z]{3})-(?<year>\\d\\d) ${TIME} GMT$`,
  `^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
].map((form) => new RegExp(form, 'i'));

const LONGEST_MS = 365 * 86_400_000;

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3): seconds, with decimals though they are none of the
 * standard's, or a date in UTC. Undefined when absent or anything else: a lenient reading makes
 * the year 2814 of `2814, 2`.
 *
 * @param nowMs Unix time in milliseconds
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text)) * 1_000, LONGEST_MS);
  const dateMs = parseHttpDate(text, nowMs);
  return dateMs === undefined ? undefined : Math.min(Math.max(0, dateMs - nowMs), LONGEST_MS);
}

function parseHttpDate(text: string, nowMs: number): number | undefined {
  for (const form of DATES) {
    const { year = '', month = '', day, hour, minute, second } = form.exec(text)?.groups ?? {};
    const monthIndex = MONTHS.indexOf(month.toLowerCase());
    if (monthIndex === -1) continue;
    const fullYear = year.length === 4 ? Number(year) : nearYear(Number(year), nowMs);
    return Date.UTC(
      fullYear,
      monthIndex,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    );
  }
  return undefined;
}

/** Two digits that would be over fifty years ahead are of the century before. */
function nearYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
