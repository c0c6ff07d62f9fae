import { randomInt, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseExact } from '../json/exact-json.ts';
import { UsageError } from './command.ts';
import { FIXTURES } from './fixture-names.ts';

export type Fixture = { readonly description: string; readonly payload: unknown };

/** Placeholders in the texts of a fixture, filled in again each time. */
const PLACEHOLDERS: Readonly<Record<string, () => string>> = {
  '{{uuid}}': () => randomUUID(),
  '{{now}}': () => new Date().toISOString(),
  '{{number}}': () => String(randomInt(10_000, 100_000)),
};

export async function readFixture(name: string): Promise<Fixture> {
  const text = await readFile(new URL(`${name}.json`, FIXTURES), 'utf8');
  return JSON.parse(
    text.replaceAll(/\{\{\w+\}\}/g, (placeholder) => PLACEHOLDERS[placeholder]?.() ?? placeholder),
  ) as Fixture;
}

/**
 * Puts a value where a dotted path leads, numbers being places in arrays; what is not there on the
 * way is made.
 *
 * @param assignment `path=value`; the value is JSON where it reads as such, and text otherwise
 * @throws UsageError when it cannot be put there
 */
export function assign(payload: unknown, assignment: string): void {
  const equals = assignment.indexOf('=');
  if (equals < 1) throw new UsageError('--set takes path=value, such as customer.name=Ada');
  const path = assignment.slice(0, equals).split('.');
  const last = path.pop() ?? '';
  let place = payload;
  for (const [index, key] of path.entries()) {
    const next = lookUp(place, key, assignment);
    if (next === undefined || next === null) {
      const made = /^\d+$/.test(path[index + 1] ?? last) ? [] : {};
      put(place, key, made, assignment);
      place = made;
    } else {
      place = next;
    }
  }
  put(place, last, readValue(assignment.slice(equals + 1)), assignment);
}

type Container = Record<string, unknown>;

function lookUp(place: unknown, key: string, assignment: string): unknown {
  checkPlace(place, key, assignment);
  return Object.hasOwn(place as Container, key) ? (place as Container)[key] : undefined;
}

function put(place: unknown, key: string, value: unknown, assignment: string): void {
  checkPlace(place, key, assignment);
  // Also `__proto__` becomes a member like any other.
  Object.defineProperty(place, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function checkPlace(place: unknown, key: string, assignment: string): void {
  const isContainer = typeof place === 'object' && place !== null;
  const isIndex = /^\d{1,4}$/.test(key);
  if (key === '' || !isContainer || (Array.isArray(place) && !isIndex)) {
    throw new UsageError(`--set ${assignment}: the payload has no place for it`);
  }
}

function readValue(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
