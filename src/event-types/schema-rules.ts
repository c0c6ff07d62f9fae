import type { FieldError } from '../base/errors.ts';
import { ExactNumber } from '../json/exact-json.ts';
import { everySchema, isObject, resolveReference, type JsonSchema } from './json-schema.ts';

const MAX_BYTES = 65_536;
const MAX_DEPTH = 32;
/** Ajv's code for one object nests with its members, and overflows the stack at some 500 of them. */
const MAX_MEMBERS = 400;
/** Schemas within one schema: each becomes code. */
const MAX_SCHEMAS = 2_000;
const MAX_PATTERN_LENGTH = 500;

const DIALECT = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** Draft 2020-12 without what names or moves schemas, and OpenAPI's annotations. */
const KEYWORDS: ReadonlySet<string> = new Set([
  '$comment',
  '$defs',
  '$ref',
  '$schema',
  '$id',
  'definitions',
  'additionalProperties',
  'allOf',
  'anyOf',
  'const',
  'contains',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'default',
  'dependentRequired',
  'dependentSchemas',
  'deprecated',
  'description',
  'else',
  'enum',
  'examples',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'if',
  'items',
  'maxContains',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minContains',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'multipleOf',
  'not',
  'oneOf',
  'pattern',
  'patternProperties',
  'prefixItems',
  'properties',
  'propertyNames',
  'readOnly',
  'required',
  'then',
  'title',
  'type',
  'unevaluatedItems',
  'unevaluatedProperties',
  'uniqueItems',
  'writeOnly',
]);

/** Keywords whose value counts something: no payload holds 2^53 of anything. */
const COUNTS = [
  'maxLength',
  'minLength',
  'maxItems',
  'minItems',
  'maxProperties',
  'minProperties',
  'maxContains',
  'minContains',
];

/** Keywords that OpenAPI adds to JSON Schema; they check nothing. */
export const ANNOTATIONS: readonly string[] = ['discriminator', 'example', 'externalDocs', 'xml'];

/**
 * The reasons why a schema cannot be compiled, before anything recursive looks at it: its size, its
 * depth, references out of it, keywords that are not known. Pointers are into the schema.
 */
export function findSchemaFaults(schema: JsonSchema): FieldError[] {
  if (depthOf(schema) > MAX_DEPTH)
    return [{ pointer: '', detail: `nests deeper than ${MAX_DEPTH}` }];
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_BYTES) {
    return [{ pointer: '', detail: `is larger than ${MAX_BYTES / 1024} KiB` }];
  }
  const schemas = everySchema(schema);
  if (schemas.length > MAX_SCHEMAS) {
    return [{ pointer: '', detail: `holds more than ${MAX_SCHEMAS} schemas` }];
  }
  return schemas.flatMap((one) => findFaults(one.schema, one.pointer, schema));
}

function findFaults(schema: unknown, pointer: string, root: JsonSchema): FieldError[] {
  if (typeof schema === 'boolean') return [];
  if (!isObject(schema)) return [{ pointer, detail: 'must be a schema: an object, true or false' }];
  const faults: FieldError[] = Object.keys(schema)
    .filter((keyword) => !isKnown(keyword))
    .map((keyword) => ({
      pointer: `${pointer}/${keyword}`,
      detail: 'is not a supported keyword',
    }));
  const { $ref, $id, $schema, pattern, patternProperties } = schema;
  if ($ref !== undefined && !leadsToSchema(root, $ref)) {
    faults.push({
      pointer: `${pointer}/$ref`,
      detail: 'must lead to a schema within this one, as #/$defs/name',
    });
  }
  if (pointer !== '' && ($id !== undefined || $schema !== undefined)) {
    faults.push({ pointer, detail: 'must not have $id or $schema: only the whole may' });
  }
  if (pointer === '' && $schema !== undefined && !DIALECT.test(String($schema))) {
    faults.push({ pointer: '/$schema', detail: 'must be draft 2020-12, or absent' });
  }
  for (const keyword of COUNTS) {
    if (schema[keyword] instanceof ExactNumber) {
      faults.push({
        pointer: `${pointer}/${keyword}`,
        detail: 'must be a whole number that can be represented exactly',
      });
    }
  }
  const patterns = [pattern, ...Object.keys(isObject(patternProperties) ? patternProperties : {})];
  if (patterns.some((one) => typeof one === 'string' && one.length > MAX_PATTERN_LENGTH)) {
    faults.push({ pointer, detail: `has a pattern of more than ${MAX_PATTERN_LENGTH} characters` });
  }
  for (const [keyword, members] of Object.entries(schema)) {
    if (isObject(members) && Object.keys(members).length > MAX_MEMBERS) {
      faults.push({
        pointer: `${pointer}/${keyword}`,
        detail: `has more than ${MAX_MEMBERS} members`,
      });
    }
  }
  return faults;
}

function isKnown(keyword: string): boolean {
  return KEYWORDS.has(keyword) || ANNOTATIONS.includes(keyword) || keyword.startsWith('x-');
}

function leadsToSchema(root: JsonSchema, reference: unknown): boolean {
  if (typeof reference !== 'string') return false;
  const target = resolveReference(root, reference);
  return typeof target === 'boolean' || isObject(target);
}

/** Without recursion, since nothing has bounded it yet. */
function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  let depth = 0;
  while (level.length > 0 && depth <= MAX_DEPTH) {
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    );
    depth += 1;
  }
  return depth;
}
