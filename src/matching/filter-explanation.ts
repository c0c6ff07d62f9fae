import { ExactNumber } from '../json/exact-json.ts';
import { valuesAt } from './filter-path.ts';
import {
  compileFilter,
  sectionText,
  type Condition,
  type Filter,
  type FilterableEvent,
  type Leaf,
} from './filter.ts';

/** The result of one condition of a filter. */
export type ExplainedCondition = {
  /** A JSON pointer into the filter. */
  readonly pointer: string;
  /** Where it looked: `payload.order.total`, `type`, `headers.x-environment`. */
  readonly path: string;
  readonly operator: Leaf['operator'];
  readonly expected: unknown;
  /** The values found, none or one unless arrays lie on the way; long ones are cut short. */
  readonly actual: readonly unknown[];
  /** Whether the condition itself holds. */
  readonly matches: boolean;
  /** Whether it stands within an odd number of `$not`, so that it must not hold. */
  readonly negated: boolean;
  /** Why it does not hold, the end of a sentence; null where it does. */
  readonly detail: string | null;
};

export type Explanation = {
  readonly matches: boolean;
  /** Every condition, in the filter's order, whether or not it was decisive. */
  readonly conditions: readonly ExplainedCondition[];
};

const MAX_VALUES = 10;
const MAX_CHARACTERS = 256;
const MAX_MEMBERS = 10;
const MAX_DEPTH = 3;
const CUT = '…';

/**
 * Says for each condition whether it holds, and why not.
 *
 * @param shown the payload with its numbers as they were written, which is how they are shown
 */
export function explainFilter(
  filter: Filter,
  event: FilterableEvent,
  shown: unknown = event.payload,
): Explanation {
  const conditions: ExplainedCondition[] = [];
  function visit(condition: Condition, negated: boolean): void {
    if (condition.kind === 'leaf') conditions.push(explain(condition, event, { shown, negated }));
    else if (condition.kind === 'not') visit(condition.condition, !negated);
    else for (const one of condition.conditions) visit(one, negated);
  }
  visit(filter.condition, false);
  return { matches: compileFilter(filter).matches(event), conditions };
}

function explain(
  leaf: Leaf,
  event: FilterableEvent,
  { shown, negated }: { shown: unknown; negated: boolean },
): ExplainedCondition {
  const { pointer, section, path, operator, operand } = leaf;
  const matches = compileFilter({ condition: leaf }).matches(event);
  const actual =
    section === 'payload' ? valuesAt(shown, path, MAX_VALUES) : sectionText(event, section, path);
  return {
    pointer,
    path: [section, ...path.map(({ name }) => escapeName(name, section))].join('.'),
    operator,
    expected: operand,
    actual: actual.map((value) => shorten(value, MAX_DEPTH)),
    matches,
    negated,
    detail: matches ? null : reasonOf(leaf, actual),
  };
}

function escapeName(name: string, section: Leaf['section']): string {
  return section === 'payload' ? name.replaceAll(/[\\.]/g, '\\$&') : name;
}

const FALSE_BECAUSE = {
  $eq: 'is not equal',
  $ne: 'is equal',
  $gt: 'is not greater',
  $gte: 'is smaller',
  $lt: 'is not smaller',
  $lte: 'is greater',
  $in: 'is none of these',
  $nin: 'is one of these',
  $exists: 'is there',
  $startsWith: 'begins otherwise',
  $endsWith: 'ends otherwise',
} as const satisfies Record<Leaf['operator'], string>;

function reasonOf({ operator, operand }: Leaf, actual: readonly unknown[]): string {
  if (actual.length === 0) return 'is not there';
  const [only] = actual;
  if (
    actual.length === 1 &&
    !Array.isArray(only) &&
    !['$ne', '$nin', '$exists'].includes(operator)
  ) {
    const wanted = new Set([operator === '$in' ? operand : [operand]].flat().map(kindOf));
    if (!wanted.has(kindOf(only))) return `is ${kindOf(only)}, not ${[...wanted].join(' or ')}`;
  }
  return FALSE_BECAUSE[operator];
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof ExactNumber) return 'a number';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Bounded in every direction, since the payload is not. */
function shorten(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return value.length > MAX_CHARACTERS ? `${value.slice(0, MAX_CHARACTERS)}${CUT}` : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  if (depth === 0) return CUT;
  if (Array.isArray(value)) {
    const elements = value.slice(0, MAX_MEMBERS).map((element) => shorten(element, depth - 1));
    return value.length > MAX_MEMBERS ? [...elements, CUT] : elements;
  }
  const members = Object.entries(value);
  const kept = members
    .slice(0, MAX_MEMBERS)
    .map(([name, item]) => [shorten(name, 1), shorten(item, depth - 1)]);
  return Object.fromEntries(members.length > MAX_MEMBERS ? [...kept, [CUT, CUT]] : kept);
}
