import { escapePointer, unescapePointer } from '../base/json-pointer.ts';
import { compareNumbers, ExactNumber, isNumber } from '../json/exact-json.ts';

/** A schema that is not `true` or `false`. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A schema within another, and the way there (RFC 6901), `''` for the whole. */
export type Subschema = { readonly pointer: string; readonly schema: unknown };

const ONE = [
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const MANY = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const NAMED = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties'];

export function isObject(value: unknown): value is JsonSchema {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber)
  );
}

/** The schemas directly within one. Data, such as `const` or `examples`, is not looked into. */
function childrenOf(schema: unknown, pointer = ''): Subschema[] {
  if (!isObject(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const at = `${pointer}/${escapePointer(keyword)}`;
    if (ONE.includes(keyword)) return [{ pointer: at, schema: value }];
    if (MANY.includes(keyword) && Array.isArray(value)) {
      return value.map((item, index) => ({ pointer: `${at}/${index}`, schema: item }));
    }
    if (NAMED.includes(keyword) && isObject(value)) {
      return Object.entries(value).map(([name, item]) => ({
        pointer: `${at}/${escapePointer(name)}`,
        schema: item,
      }));
    }
    return [];
  });
}

/** A schema and all within it. Its depth must have been bounded. */
export function everySchema(schema: unknown, pointer = ''): Subschema[] {
  return [
    { pointer, schema },
    ...childrenOf(schema, pointer).flatMap((child) => everySchema(child.schema, child.pointer)),
  ];
}

/**
 * The target of a local reference, `#` or `#/…`, within a document; undefined where that is
 * nothing, or the reference is none of these.
 */
export function resolveReference(root: unknown, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const segment of reference.slice(2).split('/')) {
    const name = decodeSegment(segment);
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function decodeSegment(segment: string): string {
  try {
    return unescapePointer(decodeURIComponent(segment));
  } catch {
    return segment;
  }
}

/** Whether two JSON values are the same, whatever the order of members. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (isNumber(one) && isNumber(other)) return compareNumbers(one, other) === 0;
  if (isNumber(one) || isNumber(other)) return false;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every(
      (name) =>
        Object.hasOwn(other, name) &&
        isSameJson((one as JsonSchema)[name], (other as JsonSchema)[name]),
    )
  );
}
