import { createSecretKey, type KeyObject } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { parseRetrySchedule, PRESETS, type RetrySchedule } from '../retries/retry-schedule.ts';

/*
 * Parsers of configuration values. Each throws an Error whose message says what was expected and
 * never repeats the value, since values may be secrets.
 */

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new Error(`must be a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new Error(`must be one of ${values.join(', ')}`);
    return value;
  };
}

export function onOrOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}

export function urlOf(...schemes: readonly string[]): (text: string) => string {
  return (text) => {
    const protocol = URL.canParse(text) ? new URL(text).protocol : '';
    if (!schemes.includes(protocol.slice(0, -1))) {
      throw new Error(
        `must be a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`,
      );
    }
    return text;
  };
}

/** Comma-separated; blanks around items are dropped, an empty text is an empty list. */
export function list(text: string): readonly string[] {
  return Object.freeze(
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** `name=value` by commas, both percent-encoded: how OpenTelemetry writes attributes. */
export function attributes(text: string): Readonly<Record<string, string>> {
  const pairs = list(text).map((item) =>
    /^([^=]+)=(.*)$/s.exec(item)?.slice(1).map(percentDecoded),
  );
  if (
    !pairs.every(
      (pair): pair is [string, string] => pair?.every((part) => part !== undefined) === true,
    )
  ) {
    throw new Error('must be a comma-separated list such as deployment.environment.name=staging');
  }
  return Object.freeze(Object.fromEntries(pairs));
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}

function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
  );
}

/** Networks as `address/prefix`; a bare address means that address alone. */
export function cidrs(text: string): readonly string[] {
  const items = list(text);
  if (!items.every(isCidr)) {
    throw new Error('must be a comma-separated list of networks such as 10.0.0.0/8 or fd00::/8');
  }
  return items;
}

/** Which proxies to believe: none, a number of hops, or the networks they live in. */
export function trustedProxies(text: string): false | number | string[] {
  if (text === 'off') return false;
  if (/^[1-9]$/.test(text)) return Number(text);
  try {
    return [...cidrs(text)];
  } catch {
    throw new Error('must be off, a number of hops from 1 to 9, or a list of networks');
  }
}

/** Keys of AES-256, each 32 bytes in base64. They are KeyObjects so that no log prints them. */
export function encryptionKeys(text: string): readonly KeyObject[] {
  return Object.freeze(
    list(text).map((item) => {
      const bytes = Buffer.from(item, 'base64');
      if (bytes.length !== 32 || !/^[A-Za-z0-9+/]{43}=$/.test(item)) {
        throw new Error(
          'must be 32 bytes in base64 (openssl rand -base64 32), or several, by commas',
        );
      }
      return createSecretKey(bytes);
    }),
  );
}

export function apiKeys(text: string): readonly string[] {
  const items = list(text);
  if (!items.every((item) => /^[\x21-\x7e]{16,200}$/.test(item))) {
    throw new Error('must be a comma-separated list of keys of 16 to 200 visible characters each');
  }
  return items;
}

/** As browsers name them: scheme, host and perhaps a port, and nothing after it. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

export function origin(text: string): string {
  const bare = text.replace(/\/$/, '');
  if (!isOrigin(bare))
    throw new Error('must be an origin such as https://hooks.example, without a path');
  return bare;
}

export function origins(text: string): readonly string[] {
  const items = list(text);
  if (!items.every(isOrigin)) {
    throw new Error('must be a comma-separated list of origins such as https://app.example');
  }
  return items;
}

/** As {@link origins}, or `*` for all of them. */
export function corsOrigins(text: string): readonly string[] {
  const items = list(text);
  if (!items.every((item) => item === '*' || isOrigin(item))) {
    throw new Error('must be a comma-separated list of origins such as https://app.example, or *');
  }
  return items;
}

export function retrySchedule(text: string): RetrySchedule {
  try {
    return parseRetrySchedule(text);
  } catch {
    throw new Error(
      'must be waits such as 10s,30s,1m (s, m, h or d; at most 30 of at most 7d), ' +
        `exponential:<first wait>:<retries>, or one of none, ${[...PRESETS.keys()].join(', ')}`,
    );
  }
}

const CRON_FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

function isCronField(text: string, min: number, max: number): boolean {
  return text.split(',').every((part) => {
    const match = /^(?:\*(?:\/(\d{1,2}))?|(\d{1,2})(?:-(\d{1,2}))?)$/.exec(part);
    if (match === null) return false;
    const [, step, from, to] = match;
    if (step !== undefined) return Number(step) >= 1 && Number(step) <= max + 1;
    if (from === undefined) return true;
    const last = Number(to ?? from);
    return Number(from) >= min && last <= max && Number(from) <= last;
  });
}

/** Five fields (minute, hour, day, month, weekday) of numbers, ranges, lists, `*` and steps. */
export function cron(text: string): string {
  const fields = text.trim().split(/\s+/);
  const isValid =
    fields.length === CRON_FIELDS.length &&
    CRON_FIELDS.every(([min, max], index) => isCronField(fields[index] ?? '', min, max));
  if (!isValid) {
    throw new Error(
      'must be five cron fields (minute hour day month weekday), such as 0 */12 * * *',
    );
  }
  return fields.join(' ');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether a server that listens on this host can be reached from this machine alone. */
export function isLoopbackHost(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
