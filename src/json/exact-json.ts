import { compareDecimals, decimalOf, isWhole, normalText, type Decimal } from './decimal.ts';

declare global {
  // JSON.parse source text access: in every Node that this runs on, and not yet in TypeScript.
  interface JSON {
    rawJSON(text: string): object;
    parse(
      text: string,
      reviver: (this: object, key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * A number that a double cannot hold: it would come back as another one. Such numbers are kept as
 * they were written; all others are numbers of JavaScript. It has no members of its own, and
 * `JSON.stringify` writes it as it was.
 */
export class ExactNumber {
  readonly #text: string;

  /** @param text as JSON writes numbers */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): object {
    return JSON.rawJSON(this.#text);
  }
}

/**
 * A number of 16 digits or more, or with an exponent of three: no other can be one that a double
 * does not hold. Texts that only look like it cost a little time.
 */
const SUSPICIOUS = /(?:^|[\s:,[])-?(?:\d[\d.]{15}|[\d.]+[eE][+-]?\d{3})/;

/** Whether a JSON text may hold numbers that doubles cannot. False is certain. */
export function mayBeInexact(text: string): boolean {
  return SUSPICIOUS.test(text);
}

/** Whether the number read from this text is written as the same number again. */
export function isHeld(text: string, value: number): boolean {
  const back = String(value);
  if (back === text) return true;
  return Number.isFinite(value) && compareDecimals(decimalOf(text), decimalOf(back)) === 0;
}

/** As JSON.parse, with an {@link ExactNumber} for each number that it would change. */
export function parseExact(text: string): unknown {
  if (!mayBeInexact(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !isHeld(source, value)
      ? new ExactNumber(source)
      : value,
  );
}

/** The value with the nearest double for each {@link ExactNumber}: Infinity where none is near. */
export function withDoubles(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(String(value));
  if (Array.isArray(value)) return value.map(withDoubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withDoubles(item)]));
}

export function isNumber(value: unknown): value is number | ExactNumber {
  return typeof value === 'number' || value instanceof ExactNumber;
}

/** As `compareDecimals`. Numbers that doubles hold compare as doubles, which comes to the same. */
export function compareNumbers(one: number | ExactNumber, other: number | ExactNumber): number {
  if (typeof one === 'number' && typeof other === 'number')
    return one < other ? -1 : Number(one > other);
  return compareDecimals(decimalOf(String(one)), decimalOf(String(other)));
}

/** The numbers of a parsed text that doubles cannot hold, by the object or array they stand in. */
export type ExactNumbers = ReadonlyMap<object, ReadonlyMap<string, ExactNumber>>;

/** A JSON text as value, the object with the one member `''` that holds it, and its exact numbers. */
export type Sourced = {
  readonly value: unknown;
  readonly holder: object;
  readonly numbers: ExactNumbers;
};

/**
 * As JSON.parse, for callers that need numbers of JavaScript. Those
 * that a double cannot hold are stood in for by one that is whole where they are, and listed.
 */
export function parseSourced(text: string): Sourced {
  const numbers = new Map<object, Map<string, ExactNumber>>();
  const holders: object[] = [];
  const value = JSON.parse(text, function (key, item, { source }) {
    // The last that is asked about is the whole, which its holder has under the name ''.
    holders[0] = this;
    if (typeof item !== 'number' || source === undefined || isHeld(source, item)) return item;
    const own = numbers.get(this) ?? new Map<string, ExactNumber>();
    numbers.set(this, own.set(key, new ExactNumber(source)));
    return standIn(decimalOf(source), item);
  });
  return { value, holder: holders[0] ?? {}, numbers };
}

function standIn(exact: Decimal, nearest: number): number {
  if (!isWhole(exact)) return Number.isInteger(nearest) ? 0.5 : nearest;
  if (Number.isFinite(nearest)) return nearest;
  return exact.isNegative ? -Number.MAX_VALUE : Number.MAX_VALUE;
}

/** The same text for the same number, whatever way it was written. */
export function numberKey(value: number | ExactNumber): string {
  return normalText(decimalOf(String(value)));
}
