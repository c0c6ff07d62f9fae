import { _, str, type FuncKeywordDefinition, type KeywordErrorDefinition } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { DataValidateFunction, DataValidationCxt } from 'ajv/dist/types/index.js';
import { decimalOf, isMultipleOf } from '../json/decimal.ts';
import {
  compareNumbers,
  type ExactNumber,
  isNumber,
  numberKey,
  type ExactNumbers,
} from '../json/exact-json.ts';

/*
 * The keywords that look at the value of a number, by decimal arithmetic: Ajv's own use doubles, by
 * which 4.02 is no multiple of 0.01 and 2^53 + 1 equals 2^53.
 */

/** The numbers of the payload under way that doubles cannot hold: set before each use of a validator. */
export type Numbers = { current: ExactNumbers };

type At = { readonly holder: unknown; readonly key: string | number };
type Definition = FuncKeywordDefinition & { keyword: string };

/** @param ajv whose keywords of these names are replaced */
export function useExactNumbers(ajv: Ajv2020, numbers: Numbers): void {
  const definitions: Definition[] = [
    bound('maximum', '<=', (order) => order <= 0, numbers),
    bound('minimum', '>=', (order) => order >= 0, numbers),
    bound('exclusiveMaximum', '<', (order) => order < 0, numbers),
    bound('exclusiveMinimum', '>', (order) => order > 0, numbers),
    multipleOf(numbers),
    constant(numbers),
    oneOfValues(numbers),
    uniqueItems(numbers),
  ];
  for (const definition of definitions) {
    ajv.removeKeyword(definition.keyword);
    ajv.addKeyword(definition);
  }
}

function atOf(context: DataValidationCxt | undefined): At {
  return { holder: context?.parentData, key: context?.parentDataProperty ?? '' };
}

/** The number there as it was written, where a double does not hold it. */
function written(value: unknown, { holder, key }: At, { current }: Numbers): unknown {
  if (typeof value !== 'number' || current.size === 0) return value;
  return current.get(holder as object)?.get(String(key)) ?? value;
}

function bound(
  keyword: string,
  sign: string,
  holds: (order: number) => boolean,
  numbers: Numbers,
): Definition {
  return {
    keyword,
    type: 'number',
    error: { message: ({ schemaCode }) => str`must be ${sign} ${schemaCode}`, params: limitParams },
    compile: (limit: number | ExactNumber) => (value: number, context) =>
      holds(compareNumbers(written(value, atOf(context), numbers) as number, limit)),
  };
}

const limitParams: KeywordErrorDefinition['params'] = ({ schemaCode }) => _`{limit: ${schemaCode}}`;

function multipleOf(numbers: Numbers): Definition {
  return {
    keyword: 'multipleOf',
    type: 'number',
    error: {
      message: ({ schemaCode }) => str`must be multiple of ${schemaCode}`,
      params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
    },
    compile(given: number | ExactNumber) {
      const divisor = decimalOf(String(given));
      return (value: number, context) => {
        const exact = written(value, atOf(context), numbers);
        if (Number.isSafeInteger(exact) && Number.isSafeInteger(given)) {
          return value % (given as number) === 0;
        }
        return isMultipleOf(decimalOf(String(exact)), divisor);
      };
    },
  };
}

function constant(numbers: Numbers): Definition {
  return {
    keyword: 'const',
    error: {
      message: 'must be equal to constant',
      params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}`,
    },
    compile: (wanted: unknown) => (value, context) => isSame(wanted, value, atOf(context), numbers),
  };
}

function oneOfValues(numbers: Numbers): Definition {
  return {
    keyword: 'enum',
    schemaType: 'array',
    error: {
      message: 'must be equal to one of the allowed values',
      params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}`,
    },
    compile: (wanted: readonly unknown[]) => (value, context) =>
      wanted.some((one) => isSame(one, value, atOf(context), numbers)),
  };
}

function uniqueItems(numbers: Numbers): Definition {
  return {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: true,
    compile: (isWanted: boolean) => {
      const validate: DataValidateFunction = (items: readonly unknown[]) => {
        const repeated = isWanted ? findRepeated(items, numbers) : undefined;
        if (repeated === undefined) return true;
        const [i, j] = repeated;
        validate.errors = [
          {
            keyword: 'uniqueItems',
            params: { i, j },
            message: `must NOT have duplicate items (items ## ${j} and ${i} are identical)`,
          },
        ];
        return false;
      };
      return validate;
    },
  };
}

/** The places of two items that are the same, the later one first. */
function findRepeated(items: readonly unknown[], numbers: Numbers): [number, number] | undefined {
  const places = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item, { holder: items, key: index }, numbers);
    const earlier = places.get(key);
    if (earlier !== undefined) return [index, earlier];
    places.set(key, index);
  }
  return undefined;
}

/** The same text for the same value, whatever the order of members. */
function keyOf(value: unknown, at: At, numbers: Numbers): string {
  if (Array.isArray(value)) {
    return `[${value.map((item, key) => keyOf(item, { holder: value, key }, numbers)).join()}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}:${keyOf(item, { holder: value, key }, numbers)}`,
    );
    return `{${members.sort().join()}}`;
  }
  const exact = written(value, at, numbers);
  return isNumber(exact) ? numberKey(exact) : JSON.stringify(value);
}

/** Recurses no deeper than the schema, which is bounded. */
function isSame(wanted: unknown, value: unknown, at: At, numbers: Numbers): boolean {
  if (isNumber(wanted)) {
    const exact = written(value, at, numbers);
    return isNumber(exact) && compareNumbers(wanted, exact) === 0;
  }
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(wanted) !== Array.isArray(value)
  ) {
    return false;
  }
  const members = Object.entries(wanted);
  return (
    members.length === Object.keys(value).length &&
    members.every(
      ([key, item]) =>
        Object.hasOwn(value, key) &&
        isSame(item, (value as Record<string, unknown>)[key], { holder: value, key }, numbers),
    )
  );
}
