/*
 * Decimal numbers of any size and any number of places, as JSON writes them. Nothing here becomes a
 * double, and nothing is written out: 1e999999999 costs no more than 1.
 */

/** `digits` × 10^`exponent`. The digits neither begin nor end with 0; those of zero are empty. */
export type Decimal = {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: bigint;
};

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const ZERO: Decimal = { isNegative: false, digits: '', exponent: 0n };
/** Digits that are taken at once: few enough for each step to be short. */
const CHUNK = 18;

/** @param text a number as JSON, YAML or JavaScript writes it in decimal */
export function decimalOf(text: string): Decimal {
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  if (sign === undefined || (whole === '' && fraction === '')) {
    throw new RangeError('not a decimal number');
  }
  const written = whole + fraction;
  let start = 0;
  while (written.charAt(start) === '0') start += 1;
  let end = written.length;
  while (end > start && written.charAt(end - 1) === '0') end -= 1;
  if (start === end) return ZERO;
  return {
    isNegative: sign === '-',
    digits: written.slice(start, end),
    exponent: BigInt(power) - BigInt(fraction.length) + BigInt(written.length - end),
  };
}

/** Below zero, zero or above it, as the first is smaller than, equal to or greater than the second. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  const [sign, otherSign] = [signOf(one), signOf(other)];
  if (sign !== otherSign || sign === 0) return sign - otherSign;
  return sign * compareSizes(one, other);
}

/** Whether the quotient is a whole number. Of zero nothing is a multiple. */
export function isMultipleOf(value: Decimal, divisor: Decimal): boolean {
  if (divisor.digits === '') return false;
  if (value.digits === '') return true;
  const shift = value.exponent - divisor.exponent;
  // The digits of the value do not end with 0, so that no power of ten divides them.
  if (shift < 0n) return false;
  const modulus = BigInt(divisor.digits);
  return (remainderOf(value.digits, modulus) * powerOfTen(shift, modulus)) % modulus === 0n;
}

export function isWhole({ exponent }: Decimal): boolean {
  return exponent >= 0n;
}

/** The same text for the same number. */
export function normalText({ isNegative, digits, exponent }: Decimal): string {
  return digits === '' ? '0' : `${isNegative ? '-' : ''}${digits}e${exponent}`;
}

function signOf({ isNegative, digits }: Decimal): number {
  if (digits === '') return 0;
  return isNegative ? -1 : 1;
}

function compareSizes(one: Decimal, other: Decimal): number {
  const places = one.exponent + BigInt(one.digits.length);
  const otherPlaces = other.exponent + BigInt(other.digits.length);
  if (places !== otherPlaces) return places < otherPlaces ? -1 : 1;
  // Both begin at the same place, so that they compare as text does.
  if (one.digits === other.digits) return 0;
  return one.digits < other.digits ? -1 : 1;
}

function remainderOf(digits: string, modulus: bigint): bigint {
  let remainder = 0n;
  for (let at = 0; at < digits.length; at += CHUNK) {
    const chunk = digits.slice(at, at + CHUNK);
    remainder = (remainder * 10n ** BigInt(chunk.length) + BigInt(chunk)) % modulus;
  }
  return remainder;
}

/** 10^`exponent` modulo `modulus`, by squaring. */
function powerOfTen(exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = 10n % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result % modulus;
}
