import { readFile } from 'node:fs/promises';
import { UsageError, type Input } from './command.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a text such as 90s, 10m, 1h or 3d. @throws UsageError */
export function readDuration(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  if (count === undefined)
    throw new UsageError(`${option} takes a time such as 90s, 10m, 1h or 3d`);
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

const MOMENT =
  /^((\d{4})-(\d\d)-(\d\d))(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:\d\d)?)?$/i;

/**
 * A moment: so long ago, or a time of its own as RFC 3339 writes it. Without a zone it is in UTC, in
 * which every command shows times.
 *
 * @throws UsageError
 */
export function readMoment(text: string, option: string, nowMs = Date.now()): Date {
  if (/^\d+[smhd]$/.test(text)) return new Date(nowMs - readDuration(text, option));
  const [, date = '', year, month, day, time = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? [];
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  // V8 takes 30 February for 2 March.
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (Number.isNaN(ms) || midnight.toISOString().slice(0, 10) !== date) {
    throw new UsageError(
      `${option} takes a time ago such as 10m or 1h, or 2026-11-22T14:50:00Z; UTC unless it says otherwise`,
    );
  }
  return new Date(ms);
}

export function readOptionalMoment(input: Input, name: string): string | undefined {
  const text = input.text(name);
  return text === undefined ? undefined : readMoment(text, `--${name}`).toISOString();
}

/** @throws UsageError */
export function readInteger(
  input: Input,
  name: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}`);
  }
  return value;
}

/** Event types or patterns, separated by commas, over all the times the option is given. */
export function readTypes(input: Input, name = 'types'): string[] | undefined {
  if (!input.has(name)) return undefined;
  const types = input
    .list(name)
    .flatMap((text) => text.split(','))
    .map((type) => type.trim())
    .filter((type) => type !== '');
  const wrong = types.find((type) => !/^[A-Za-z0-9._/:*-]{1,128}$/.test(type));
  if (wrong !== undefined) {
    throw new UsageError(`--${name} takes event types such as order.created or order.*, by commas`);
  }
  return types;
}

/** `name=value`, as often as it is given. @throws UsageError */
export function readPairs(input: Input, name: string): Record<string, string> | undefined {
  if (!input.has(name)) return undefined;
  return Object.fromEntries(
    input.list(name).map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`--${name} takes name=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/**
 * The bytes of a JSON text given on the line, in a file (`@file`) or on stdin (`-`).
 *
 * @throws UsageError when it is not JSON or cannot be read
 */
export async function readJson(text: string): Promise<Buffer> {
  const bytes = await readSource(text);
  try {
    JSON.parse(bytes.toString());
  } catch (error) {
    const where = text === '-' ? 'stdin' : text.startsWith('@') ? text.slice(1) : 'the payload';
    throw new UsageError(`${where} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return bytes;
}

async function readSource(text: string): Promise<Buffer> {
  if (text === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  if (!text.startsWith('@')) return Buffer.from(text);
  try {
    return await readFile(text.slice(1));
  } catch (error) {
    throw new UsageError(
      `cannot read ${text.slice(1)} (${(error as NodeJS.ErrnoException).code})`,
      { cause: error },
    );
  }
}
