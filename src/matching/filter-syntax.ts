import { escapePointer } from '../base/json-pointer.ts';
import { parsePath, stepOf, type Step } from './filter-path.ts';

/** The parts of an event that a filter evaluates. */
export type Section = 'payload' | 'type' | 'headers';

export type LeafOperator =
  | '$eq'
  | '$ne'
  | '$gt'
  | '$gte'
  | '$lt'
  | '$lte'
  | '$in'
  | '$nin'
  | '$exists'
  | '$startsWith'
  | '$endsWith';

/** One condition: an operator, its operand, and where the values are that it judges. */
export type Leaf = {
  readonly kind: 'leaf';
  /** A JSON pointer into the filter. */
  readonly pointer: string;
  readonly section: Section;
  /** Empty: the section itself. A header's is its name in lower case. */
  readonly path: readonly Step[];
  readonly operator: LeafOperator;
  readonly operand: unknown;
};

export type Condition =
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | Leaf;

/** A filter that has been found valid. */
export type Filter = { readonly condition: Condition };

/** `pointer` is a JSON pointer (RFC 6901) into the filter, `detail` the end of a sentence. */
export type FilterFault = { readonly pointer: string; readonly detail: string };

/** Thrown by {@link parseFilter}; `faults` is not empty. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly faults: readonly FilterFault[];

  constructor(faults: readonly FilterFault[]) {
    super(faults.map(({ pointer, detail }) => `${pointer || 'the filter'} ${detail}`).join('; '));
    this.faults = faults;
  }
}

/** The limits of a filter: each of its conditions costs time with every event. */
export const FILTER_LIMITS = {
  characters: 16_384,
  depth: 16,
  conditions: 64,
  steps: 32,
  operands: 256,
} as const;

const ORDERING: ReadonlySet<string> = new Set(['$gt', '$gte', '$lt', '$lte']);
const LISTS: ReadonlySet<string> = new Set(['$in', '$nin']);
const AFFIXES: ReadonlySet<string> = new Set(['$startsWith', '$endsWith']);
const GROUPS: ReadonlySet<string> = new Set(['$and', '$or', '$not']);
const LEAVES: ReadonlySet<string> = new Set([
  '$eq',
  '$ne',
  ...ORDERING,
  ...LISTS,
  '$exists',
  ...AFFIXES,
]);

/** Where a condition stands: its own pointer, and what it judges. */
type Place = { pointer: string; section: Section; path: readonly Step[] };
type Reader<Where> = (value: unknown, where: Where) => Condition[];

/**
 * Reads a filter out of any JSON value, all of whose faults it names.
 *
 * @throws FilterError
 */
export function parseFilter(value: unknown): Filter {
  const size = sizeFault(value);
  if (size !== undefined) throw new FilterError([{ pointer: '', detail: size }]);
  const parser = createParser();
  const conditions = parser.readFilter(value, '');
  if (parser.leafCount() > FILTER_LIMITS.conditions) {
    parser.fault('', `has more than ${FILTER_LIMITS.conditions} conditions`);
  }
  if (parser.faults.length > 0) throw new FilterError(parser.faults);
  return { condition: all(conditions) };
}

function createParser() {
  const faults: FilterFault[] = [];
  let leaves = 0;

  function fault(pointer: string, detail: string): [] {
    faults.push({ pointer, detail });
    return [];
  }

  function entriesOf(value: unknown, pointer: string): [string, unknown][] {
    if (!isObject(value)) return fault(pointer, 'must be an object');
    const entries = Object.entries(value);
    return entries.length > 0 ? entries : fault(pointer, 'must name at least one condition');
  }

  /** `$and`, `$or` and `$not`, of whole filters as of conditions on one value. */
  function readGroup<Where>(
    [key, value]: [string, unknown],
    pointer: string,
    read: Reader<Where>,
    at: (pointer: string) => Where,
  ): Condition[] {
    if (key === '$not') return [{ kind: 'not', condition: all(read(value, at(pointer))) }];
    if (!Array.isArray(value) || value.length === 0) {
      return fault(pointer, 'must be a list of at least one condition');
    }
    const conditions = value.map((one, index) => all(read(one, at(`${pointer}/${index}`))));
    return [{ kind: key === '$and' ? 'all' : 'any', conditions }];
  }

  function readFilter(value: unknown, pointer: string): Condition[] {
    return entriesOf(value, pointer).flatMap(([key, item]) => {
      const own = `${pointer}/${escapePointer(key)}`;
      if (GROUPS.has(key)) return readGroup([key, item], own, readFilter, (one) => one);
      if (key === 'payload' || key === 'type') {
        return readCondition(item, { pointer: own, section: key, path: [] });
      }
      if (key === 'headers') return readHeaders(item, own);
      return fault(own, 'is not known: a filter has payload, type, headers, $and, $or and $not');
    });
  }

  function readHeaders(value: unknown, pointer: string): Condition[] {
    return entriesOf(value, pointer).flatMap(([name, item]) => {
      const own = `${pointer}/${escapePointer(name)}`;
      if (name === '' || name.startsWith('$')) return fault(own, 'must be the name of a header');
      const path = [stepOf(name.toLowerCase())];
      return readCondition(item, { pointer: own, section: 'headers', path });
    });
  }

  function readCondition(value: unknown, place: Place): Condition[] {
    const { pointer } = place;
    if (Array.isArray(value)) {
      return fault(pointer, 'is a list: write $in for any one of these, $eq for exactly this list');
    }
    if (!isObject(value)) return readLeaf('$eq', value, place);
    return entriesOf(value, pointer).flatMap(([key, item]) => {
      const own = { ...place, pointer: `${pointer}/${escapePointer(key)}` };
      if (GROUPS.has(key)) {
        return readGroup([key, item], own.pointer, readCondition, (at) => ({
          ...place,
          pointer: at,
        }));
      }
      if (LEAVES.has(key)) return readLeaf(key as LeafOperator, item, own);
      if (key.startsWith('$')) {
        return fault(own.pointer, 'is no operator; a name that begins with $ is written \\$');
      }
      return readMember(key, item, own);
    });
  }

  function readMember(key: string, value: unknown, place: Place): Condition[] {
    if (place.section !== 'payload') {
      return fault(
        place.pointer,
        `is not known: ${place.section} holds text, which has no members`,
      );
    }
    const steps = parsePath(key);
    if (typeof steps === 'string') return fault(place.pointer, steps);
    const path = [...place.path, ...steps];
    if (path.length > FILTER_LIMITS.steps) {
      return fault(place.pointer, `is more than ${FILTER_LIMITS.steps} steps deep`);
    }
    return readCondition(value, { ...place, path });
  }

  function readLeaf(operator: LeafOperator, operand: unknown, place: Place): Condition[] {
    leaves += 1;
    const wrong = operandFault(operator, operand) ?? textFault(operator, operand, place.section);
    if (wrong !== undefined) return fault(place.pointer, wrong);
    return [{ kind: 'leaf', ...place, operator, operand }];
  }

  return { faults, fault, readFilter, leafCount: () => leaves };
}

function operandFault(operator: LeafOperator, operand: unknown): string | undefined {
  if (operator === '$exists') {
    return typeof operand === 'boolean' ? undefined : 'must be true or false';
  }
  if (AFFIXES.has(operator)) return typeof operand === 'string' ? undefined : 'must be a string';
  if (ORDERING.has(operator)) {
    const isOrdered = typeof operand === 'string' || Number.isFinite(operand);
    return isOrdered ? undefined : 'must be a number or a string';
  }
  if (!LISTS.has(operator)) return numberFault(operand);
  if (!Array.isArray(operand) || operand.length === 0 || operand.some(isComposite)) {
    return 'must be a list of strings, numbers, booleans and null, with at least one';
  }
  if (operand.length > FILTER_LIMITS.operands) {
    return `has more than ${FILTER_LIMITS.operands} values`;
  }
  return operand.map(numberFault).find((one) => one !== undefined);
}

/** A number would never equal what is always text. */
function textFault(operator: LeafOperator, operand: unknown, section: Section): string | undefined {
  if (section === 'payload' || operator === '$exists') return undefined;
  const isText = [operand].flat().every((one) => typeof one === 'string');
  return isText ? undefined : `must be text: ${section} holds nothing else`;
}

/** Equality with a number that a double cannot represent exactly would not be one. */
function numberFault(operand: unknown): string | undefined {
  if (typeof operand === 'number') {
    const isExact =
      Number.isFinite(operand) && (!Number.isInteger(operand) || Number.isSafeInteger(operand));
    return isExact ? undefined : 'has too many digits to be compared exactly';
  }
  if (!isComposite(operand)) return undefined;
  return Object.values(operand as object)
    .map(numberFault)
    .find((one) => one !== undefined);
}

/** Looks without recursion, so that whatever comes in, the rest may recurse. */
function sizeFault(value: unknown): string | undefined {
  let characters = 0;
  let waiting: unknown[] = [value];
  for (let depth = 0; waiting.length > 0; depth += 1) {
    if (depth > FILTER_LIMITS.depth) return `nests deeper than ${FILTER_LIMITS.depth} levels`;
    const next: unknown[] = [];
    for (const one of waiting) {
      characters += typeof one === 'string' ? one.length + 3 : 3;
      if (!isComposite(one)) continue;
      for (const [name, item] of Object.entries(one as object)) {
        characters += Array.isArray(one) ? 0 : name.length + 3;
        next.push(item);
      }
      if (characters + 3 * next.length > FILTER_LIMITS.characters) break;
    }
    if (characters + 3 * next.length > FILTER_LIMITS.characters) {
      return `is larger than about ${FILTER_LIMITS.characters / 1_024} KiB`;
    }
    waiting = next;
  }
  return undefined;
}

function all(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  return conditions.length === 1 && only !== undefined ? only : { kind: 'all', conditions };
}

function isComposite(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isComposite(value) && !Array.isArray(value);
}
