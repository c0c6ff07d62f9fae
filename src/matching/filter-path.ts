import { must } from '../base/must.ts';

/** One step of a path: the name of a member and, where it reads as one, an array's index. */
export type Step = { readonly name: string; readonly index: number };

const INDEX = /^(?:0|[1-9]\d{0,8})$/;
const NO_INDEX = -1;

/**
 * Reads `order.items.0.sku`. A dot that belongs to a name is written `\.`, a backslash `\\`, and a
 * dollar sign at the beginning of a path `\$`. Answers a sentence's end where it is no path.
 */
export function parsePath(text: string): readonly Step[] | string {
  const steps: Step[] = [];
  let name = '';
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at];
    if (character === undefined || character === '.') {
      if (name === '') return 'has an empty step: names are separated by single dots';
      steps.push(stepOf(name));
      name = '';
    } else if (character === '\\') {
      at += 1;
      const escaped = text[at] ?? '';
      if (escaped === '' || !'.\\$'.includes(escaped)) {
        return 'has a backslash that is not followed by a dot, a dollar sign or a backslash';
      }
      name += escaped;
    } else {
      name += character;
    }
  }
  return steps;
}

export function stepOf(name: string): Step {
  return { name, index: INDEX.test(name) ? Number(name) : NO_INDEX };
}

/**
 * Whether the test holds for a value that the path leads to. An array on the way stands for its
 * elements unless the step is an index; one at the end stands for itself and its elements. Arrays
 * directly within arrays are not entered, so that the depth of recursion is that of the path.
 */
export function someValue(
  root: unknown,
  path: readonly Step[],
  test: (value: unknown) => boolean,
  from = 0,
): boolean {
  let value = root;
  for (let at = from; at < path.length; at += 1) {
    const step = must(path[at], 'the step');
    if (Array.isArray(value) && step.index === NO_INDEX) {
      return value.some((element) => !Array.isArray(element) && someValue(element, path, test, at));
    }
    value = memberOf(value, step);
    if (value === undefined) return false;
  }
  if (value === undefined) return false;
  return test(value) || (Array.isArray(value) && value.some((element) => test(element)));
}

/** The values that the path leads to, arrays as such; at most `limit`. */
export function valuesAt(root: unknown, path: readonly Step[], limit: number): unknown[] {
  const found: unknown[] = [];
  /** Always false, so that the walk continues, until there are enough. */
  function walk(start: unknown, from: number): boolean {
    let value = start;
    for (let at = from; at < path.length; at += 1) {
      const step = must(path[at], 'the step');
      if (Array.isArray(value) && step.index === NO_INDEX) {
        return value.some((element) => !Array.isArray(element) && walk(element, at));
      }
      value = memberOf(value, step);
      if (value === undefined) return false;
    }
    if (value !== undefined) found.push(value);
    return found.length >= limit;
  }
  walk(root, 0);
  return found;
}

/** JSON has no undefined: it means that there is no such member. Inherited ones are none. */
function memberOf(value: unknown, { name, index }: Step): unknown {
  if (Array.isArray(value)) return value[index] as unknown;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
