import { someValue, type Step } from './filter-path.ts';
import {
  FILTER_LIMITS,
  FilterError,
  parseFilter,
  type Condition,
  type Filter,
  type FilterFault,
  type Leaf,
} from './filter-syntax.ts';

export { FILTER_LIMITS, FilterError, parseFilter };
export type { Condition, Filter, FilterFault, Leaf };

/** The input of a filter. A payload that is undefined, or has no such member, has no value. */
export type FilterableEvent = {
  readonly type: string;
  /** Parsed. May be a getter: it is read by filters that look into the payload, if they get there. */
  readonly payload: unknown;
  /** In any case; compared without regard to it. */
  readonly headers: Readonly<Record<string, string>> | null;
};

export type CompiledFilter = {
  /** Whether the event passes. Never throws, whatever the payload holds. */
  readonly matches: (event: FilterableEvent) => boolean;
  readonly readsPayload: boolean;
};

type Judge = (value: unknown) => boolean;
type Matcher = CompiledFilter['matches'];

/** Makes a filter ready for many events: linear in the payload for each of its conditions. */
export function compileFilter(filter: Filter): CompiledFilter {
  return { matches: compile(filter.condition), readsPayload: readsPayload(filter.condition) };
}

/** An event whose payload is parsed when it is first looked at, and once. */
export function filterableEvent(event: {
  type: string;
  payload: string;
  headers: FilterableEvent['headers'];
}): FilterableEvent {
  let parsed: { readonly value: unknown } | undefined;
  return {
    type: event.type,
    headers: event.headers,
    get payload() {
      parsed ??= { value: parse(event.payload) };
      return parsed.value;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function compile(condition: Condition): Matcher {
  if (condition.kind === 'leaf') return compileLeaf(condition);
  if (condition.kind === 'not') {
    const matches = compile(condition.condition);
    return (event) => !matches(event);
  }
  const matchers = cheapestFirst(condition.conditions).map(compile);
  return condition.kind === 'all'
    ? (event) => matchers.every((matches) => matches(event))
    : (event) => matchers.some((matches) => matches(event));
}

/** A filter on type or headers alone does not need the payload to be parsed. */
function cheapestFirst(conditions: readonly Condition[]): Condition[] {
  return conditions.toSorted((a, b) => Number(readsPayload(a)) - Number(readsPayload(b)));
}

function readsPayload(condition: Condition): boolean {
  if (condition.kind === 'leaf') return condition.section === 'payload';
  if (condition.kind === 'not') return readsPayload(condition.condition);
  return condition.conditions.some(readsPayload);
}

function compileLeaf(leaf: Leaf): Matcher {
  const { section, path } = leaf;
  const { judge, isNegated } = judgeOf(leaf);
  const found: Matcher =
    section === 'payload'
      ? (event) => someValue(event.payload, path, judge)
      : (event) => sectionText(event, section, path).some(judge);
  return isNegated ? (event) => !found(event) : found;
}

/** The event's type, or the header of that name: none or one. */
export function sectionText(
  { type, headers }: FilterableEvent,
  section: 'type' | 'headers',
  path: readonly Step[],
): string[] {
  if (section === 'type') return [type];
  const wanted = path[0]?.name;
  const name = Object.keys(headers ?? {}).find((one) => one.toLowerCase() === wanted);
  return name === undefined ? [] : [(headers as Record<string, string>)[name] as string];
}

/**
 * The condition of a leaf on each value at its place. It holds when some value passes, or, negated, when
 * none does: so `$ne` is the opposite of `$eq` wherever it stands, also where there is no value.
 */
function judgeOf({ operator, operand }: Leaf): { judge: Judge; isNegated: boolean } {
  switch (operator) {
    case '$eq':
      return { judge: equals(operand), isNegated: false };
    case '$ne':
      return { judge: equals(operand), isNegated: true };
    case '$in':
      return { judge: isOneOf(operand), isNegated: false };
    case '$nin':
      return { judge: isOneOf(operand), isNegated: true };
    case '$exists':
      return { judge: () => true, isNegated: operand === false };
    default:
      return { judge: compares(operator, operand as string | number), isNegated: false };
  }
}

function isOneOf(operand: unknown): Judge {
  const values = new Set(operand as unknown[]);
  return (value) => values.has(value);
}

function equals(operand: unknown): Judge {
  return typeof operand === 'object' && operand !== null
    ? (value) => isEqual(operand, value)
    : (value) => value === operand;
}

/** Members in any order, elements in theirs. Recurses no deeper than the operand, which is bounded. */
function isEqual(operand: unknown, value: unknown): boolean {
  if (typeof operand !== 'object' || operand === null) return operand === value;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(operand) !== Array.isArray(value)) return false;
  const names = Object.keys(operand);
  return (
    names.length === Object.keys(value).length &&
    names.every(
      (name) => Object.hasOwn(value, name) && isEqual(operand[name as never], value[name as never]),
    )
  );
}

/** Numbers with numbers and strings with strings, these by their UTF-16 code units. */
function compares(
  operator: '$gt' | '$gte' | '$lt' | '$lte' | '$startsWith' | '$endsWith',
  given: string | number,
): Judge {
  // Both are of one type wherever they are compared, which is all that TypeScript wants to know.
  const operand = given as string;
  const isAlike = (value: unknown): value is string => typeof value === typeof operand;
  switch (operator) {
    case '$gt':
      return (value) => isAlike(value) && value > operand;
    case '$gte':
      return (value) => isAlike(value) && value >= operand;
    case '$lt':
      return (value) => isAlike(value) && value < operand;
    case '$lte':
      return (value) => isAlike(value) && value <= operand;
    case '$startsWith':
      return (value) => isAlike(value) && value.startsWith(operand);
    case '$endsWith':
      return (value) => isAlike(value) && value.endsWith(operand);
  }
}
