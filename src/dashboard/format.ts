const numberFormat = new Intl.NumberFormat('en');
const compactFormat = new Intl.NumberFormat('en', {
  notation: 'compact',
  maximumFractionDigits: 1,
});

/** `12,345` up to five digits, `1.2M` above. */
export function formatCount(count: number): string {
  return count < 100_000 ? numberFormat.format(count) : compactFormat.format(count);
}

/** `99.95 %`; never rounded up to 100 while something failed. */
export function formatRate(rate: number | null): string {
  if (rate === null) return '–';
  if (rate === 1 || rate === 0) return `${rate * 100} %`;
  const percent = Math.min(Math.max(rate * 100, 0.01), 99.99);
  return `${percent >= 99 || percent < 1 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}

/** `46 ms`, `1.25 s`, `10 s`, `3 min 5 s`. */
export function formatDurationMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  return formatSpanMs(ms);
}

/** A span in its two largest units: `14 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function formatSpanMs(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const at = units.findIndex(([size]) => seconds >= size);
  if (at === -1) return '0 s';
  const [size, unit] = units[at] as [number, string];
  const whole = Math.floor(seconds / size);
  const next = units[at + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[0]);
  return rest === 0 || next === undefined
    ? `${whole} ${unit}`
    : `${whole} ${unit} ${rest} ${next[1]}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${Number((bytes / 1_024).toFixed(1))} KiB`;
  return `${Number((bytes / 1_048_576).toFixed(2))} MiB`;
}

/** `12 s ago`, `3 min ago`, `in 1 min 14 s`. */
export function formatRelative(at: string, nowMs: number): string {
  const distance = Date.parse(at) - nowMs;
  if (Math.abs(distance) < 1_000) return 'now';
  const [largest] = formatSpanMs(Math.abs(distance)).match(/^\d+ \w+/) ?? ['0 s'];
  // A moment in the future is waited for, so it counts down to the second.
  return distance > 0 ? `in ${formatSpanMs(distance)}` : `${largest} ago`;
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** `14:50:12.345` in the reader's zone. */
export function formatClock(at: string | Date): string {
  const date = new Date(at);
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${time}.${pad(date.getMilliseconds(), 3)}`;
}

/** `2025-11-22 14:50:12` in the reader's zone. */
export function formatDateTime(at: string | Date): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${formatClock(date).slice(0, 8)}`;
}

/** The end of an id, by which people distinguish ids: UUIDv7s of one hour begin alike. */
export function shortId(id: string): string {
  return `…${id.slice(-8)}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const MAX_URL_LENGTH = 80;

/** A URL for reading over: without its query, where tokens stand, and its end where it is long. */
export function shortUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  const shown = path.length > MAX_URL_LENGTH ? `${path.slice(0, MAX_URL_LENGTH)}…` : path;
  return query.length === 0 ? shown : `${shown}?…`;
}
