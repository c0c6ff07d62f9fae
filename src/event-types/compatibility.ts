import { escapePointer } from '../base/json-pointer.ts';
import type { FieldError } from '../base/errors.ts';
import { compareNumbers, isNumber } from '../json/exact-json.ts';
import { isObject, isSameJson, resolveReference, type JsonSchema } from './json-schema.ts';

/*
 * A change breaks consumers when it lets payloads pass that the old schema did not promise. New
 * members of objects are no such thing, unless the old schema said there were none.
 */

/** A change that breaks, with a pointer into the schema: the new one, or the old for what is gone. */
export type BreakingChange = FieldError;

type Side = { readonly root: JsonSchema; readonly schema: unknown };
type Pair = { readonly old: Side; readonly new: Side; readonly pointer: string };

/** The pairs of schemas above the one looked at, by which references that lead round in circles end. */
type Above = readonly (readonly [old: unknown, next: unknown])[];

const MAX_CHANGES = 100;
/** Deeper lies nothing that a schema of the catalogue, at most 32 deep, did not say before. */
const MAX_DEPTH = 128;

/**
 * The breaking changes between two valid schemas; null: there is none, and any payload passes. Schemas made
 * for it can keep this at work for ever: those of strangers need a time limit.
 */
export function findBreakingChanges(
  before: JsonSchema | null,
  after: JsonSchema | null,
): BreakingChange[] {
  if (before === null) return [];
  if (after === null) return [{ pointer: '', detail: 'was removed, so that any payload passes' }];
  const pair = {
    old: { root: before, schema: before },
    new: { root: after, schema: after },
    pointer: '',
  };
  return compare(pair, []).slice(0, MAX_CHANGES);
}

function compare({ old: oldSide, new: newSide, pointer }: Pair, above: Above): BreakingChange[] {
  const before = flatten(oldSide);
  const after = flatten(newSide);
  if (before === true || after === false) return [];
  if (before === false || after === true) return [{ pointer, detail: 'now lets anything pass' }];
  // Known by what they were made of, since flattening makes new objects.
  const [one, other] = [targetOf(oldSide), targetOf(newSide)];
  if (above.length > MAX_DEPTH || above.some(([old, next]) => old === one && next === other))
    return [];
  const seen: Above = [...above, [one, other]];
  const sides = {
    old: { ...oldSide, schema: before },
    new: { ...newSide, schema: after },
    pointer,
  };
  const within = (key: string, keyword = key) => compareWithin(sides, key, keyword, seen);
  return [
    ...compareTypes(before, after, pointer),
    ...compareValues(before, after, pointer),
    ...compareBounds(before, after, pointer),
    ...compareMembers(sides, seen),
    ...('items' in before ? within('items') : []),
    ...compareTuples(sides, seen),
    ...['anyOf', 'oneOf'].flatMap((keyword) => compareBranches(sides, keyword, seen)),
    ...compareExactly(before, after, pointer),
  ];
}

/** The schema behind a reference. */
function targetOf({ root, schema }: Side): unknown {
  let target = schema;
  for (
    let hops = 0;
    hops < 16 && isObject(target) && typeof target['$ref'] === 'string';
    hops += 1
  ) {
    target = resolveReference(root, target['$ref']);
  }
  return target;
}

/** A schema with what it refers to and what it is made `allOf` put into it. */
function flatten({ root, schema }: Side, depth = 0): JsonSchema | boolean {
  if (!isObject(schema)) return schema !== false;
  const { $ref, allOf, ...rest } = schema;
  const parts = Array.isArray(allOf) ? [...allOf] : [];
  if (typeof $ref === 'string') parts.push(resolveReference(root, $ref));
  // A chain this long leads round in a circle, or says nothing anyone could read.
  if (parts.length === 0 || depth > 16) return rest;
  return parts.reduce<JsonSchema | boolean>((whole, part) => {
    const flat = flatten({ root, schema: part }, depth + 1);
    if (whole === false || flat === false) return false;
    if (typeof flat === 'boolean' || typeof whole === 'boolean') return whole;
    return join(whole, flat);
  }, rest);
}

/** Both at once, as far as that can be said in one: what both say of a keyword, the first keeps. */
function join(one: JsonSchema, other: JsonSchema): JsonSchema {
  const joined: Record<string, unknown> = { ...other, ...one };
  for (const keyword of ['properties', 'patternProperties', '$defs']) {
    if (isObject(one[keyword]) && isObject(other[keyword])) {
      joined[keyword] = { ...other[keyword], ...one[keyword] };
    }
  }
  if (Array.isArray(one['required']) && Array.isArray(other['required'])) {
    joined['required'] = [...new Set([...one['required'], ...other['required']])];
  }
  return joined;
}

function typesOf({ type }: JsonSchema): readonly string[] | undefined {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? (type as string[]) : undefined;
}

function compareTypes(before: JsonSchema, after: JsonSchema, pointer: string): BreakingChange[] {
  const old = typesOf(before);
  if (old === undefined) return [];
  const now = typesOf(after);
  // `const`, `enum` and the branches of a union say of which type they are themselves.
  if (now === undefined) {
    const isNarrowed = ['const', 'enum', 'anyOf', 'oneOf'].some((keyword) => keyword in after);
    return isNarrowed ? [] : [{ pointer, detail: `may be of any type, was ${old.join(' or ')}` }];
  }
  const added = now.filter(
    (type) => !old.includes(type) && !(type === 'integer' && old.includes('number')),
  );
  if (added.length === 0) return [];
  return [{ pointer, detail: `may be ${added.join(' or ')}, was ${old.join(' or ')}` }];
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

function compareValues(before: JsonSchema, after: JsonSchema, pointer: string): BreakingChange[] {
  const old = valuesOf(before);
  if (old === undefined) return [];
  const now = valuesOf(after);
  if (now === undefined) return [{ pointer, detail: 'is no longer one of a list of values' }];
  return now
    .filter((value) => !old.some((known) => isSameJson(known, value)))
    .map((value) => ({ pointer, detail: `may be ${JSON.stringify(value)}, which is new` }));
}

/** Keyword, and whether a greater value lets more pass. */
const BOUNDS: readonly (readonly [keyword: string, isUpper: boolean])[] = [
  ['maximum', true],
  ['exclusiveMaximum', true],
  ['maxLength', true],
  ['maxItems', true],
  ['maxProperties', true],
  ['minimum', false],
  ['exclusiveMinimum', false],
  ['minLength', false],
  ['minItems', false],
  ['minProperties', false],
];

function compareBounds(before: JsonSchema, after: JsonSchema, pointer: string): BreakingChange[] {
  // A schema with a list of values needs no bounds.
  if (valuesOf(after) !== undefined) return [];
  return BOUNDS.flatMap(([keyword, isUpper]) => {
    const [old, now] = [before[keyword], after[keyword]];
    if (!isNumber(old)) return [];
    if (!isNumber(now)) return [{ pointer, detail: `no longer has ${keyword} ${old}` }];
    const order = compareNumbers(now, old);
    return (isUpper ? order > 0 : order < 0)
      ? [{ pointer: `${pointer}/${keyword}`, detail: `is ${now}, was ${old}` }]
      : [];
  });
}

function compareMembers({ old, new: next, pointer }: Pair, seen: Above): BreakingChange[] {
  const [before, after] = [old.schema as JsonSchema, next.schema as JsonSchema];
  const [had, has] = [membersOf(before), membersOf(after)];
  const required = Array.isArray(after['required']) ? after['required'] : [];
  const changes: BreakingChange[] = [];
  for (const [name, schema] of Object.entries(had)) {
    const at = `${pointer}/properties/${escapePointer(name)}`;
    if (Object.hasOwn(has, name)) {
      changes.push(
        ...compare(
          { old: { ...old, schema }, new: { ...next, schema: has[name] }, pointer: at },
          seen,
        ),
      );
    } else {
      changes.push({ pointer: at, detail: 'was removed' });
    }
  }
  for (const name of Array.isArray(before['required']) ? (before['required'] as string[]) : []) {
    // A member that was removed has been reported.
    if (required.includes(name) || (Object.hasOwn(had, name) && !Object.hasOwn(has, name)))
      continue;
    const at = `${pointer}/properties/${escapePointer(name)}`;
    changes.push({ pointer: at, detail: 'is no longer required' });
  }
  return [...changes, ...compareOthers({ old, new: next, pointer }, seen)];
}

/** Members that neither schema names, and those that the new one does and the old one did not. */
function compareOthers({ old, new: next, pointer }: Pair, seen: Above): BreakingChange[] {
  const [before, after] = [old.schema as JsonSchema, next.schema as JsonSchema];
  const others = before['additionalProperties'];
  if (others === undefined || others === true) return [];
  const named = Object.entries(membersOf(after))
    .filter(([name]) => !Object.hasOwn(membersOf(before), name))
    .flatMap(([name, schema]) => {
      const at = `${pointer}/properties/${escapePointer(name)}`;
      if (others === false)
        return [{ pointer: at, detail: 'is new where no other members were allowed' }];
      return compare(
        { old: { ...old, schema: others }, new: { ...next, schema }, pointer: at },
        seen,
      );
    });
  return [
    ...named,
    ...compare(
      {
        old: { ...old, schema: others },
        new: { ...next, schema: after['additionalProperties'] ?? true },
        pointer: `${pointer}/additionalProperties`,
      },
      seen,
    ),
  ];
}

function membersOf({ properties }: JsonSchema): JsonSchema {
  return isObject(properties) ? properties : {};
}

function compareWithin(
  { old, new: next, pointer }: Pair,
  key: string,
  keyword: string,
  seen: Above,
): BreakingChange[] {
  return compare(
    {
      old: { ...old, schema: (old.schema as JsonSchema)[key] },
      new: { ...next, schema: (next.schema as JsonSchema)[key] ?? true },
      pointer: `${pointer}/${keyword}`,
    },
    seen,
  );
}

function compareTuples({ old, new: next, pointer }: Pair, seen: Above): BreakingChange[] {
  const before = (old.schema as JsonSchema)['prefixItems'];
  const after = (next.schema as JsonSchema)['prefixItems'];
  if (!Array.isArray(before)) return [];
  return before.flatMap((schema, index) =>
    compare(
      {
        old: { ...old, schema },
        new: { ...next, schema: (Array.isArray(after) ? after[index] : undefined) ?? true },
        pointer: `${pointer}/prefixItems/${index}`,
      },
      seen,
    ),
  );
}

/** Each branch that there is now has to fit one that there was. */
function compareBranches(
  { old, new: next, pointer }: Pair,
  keyword: string,
  seen: Above,
): BreakingChange[] {
  const before = (old.schema as JsonSchema)[keyword];
  if (!Array.isArray(before)) return [];
  const after = (next.schema as JsonSchema)[keyword];
  // A single schema is a union of one.
  const { [keyword]: _branches, ...alone } = next.schema as JsonSchema;
  const branches = Array.isArray(after) ? after : [alone];
  return branches.flatMap((schema, index) => {
    const at = Array.isArray(after) ? `${pointer}/${keyword}/${index}` : pointer;
    const fits = before.some(
      (candidate) =>
        compare({ old: { ...old, schema: candidate }, new: { ...next, schema }, pointer: at }, seen)
          .length === 0,
    );
    return fits ? [] : [{ pointer: at, detail: `fits none of the former ${keyword}` }];
  });
}

/** Keywords that are not understood: any difference may break. */
const EXACT = [
  'contains',
  'dependentRequired',
  'dependentSchemas',
  'else',
  'format',
  'if',
  'multipleOf',
  'not',
  'pattern',
  'patternProperties',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
  'uniqueItems',
];

function compareExactly(before: JsonSchema, after: JsonSchema, pointer: string): BreakingChange[] {
  return EXACT.filter(
    (keyword) => keyword in before && !isSameJson(before[keyword], after[keyword]),
  ).map((keyword) =>
    keyword in after
      ? { pointer: `${pointer}/${keyword}`, detail: 'was changed, which may let more pass' }
      : { pointer, detail: `no longer has ${keyword}` },
  );
}
