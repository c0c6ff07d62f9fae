/** What steps have saved, by name; `${name}` stands for it. */
export type Variables = Map<string, unknown>;

/** A text that is one variable becomes its value; others get it as text. @throws Error if unknown */
export function fillIn(value: unknown, variables: Variables): unknown {
  const look = (name: string): unknown => {
    if (!variables.has(name)) throw new Error(`nothing has been saved as ${name}`);
    return variables.get(name);
  };
  if (typeof value === 'string') {
    const whole = /^\$\{(\w+)\}$/.exec(value)?.[1];
    if (whole !== undefined) return look(whole);
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => String(look(name)));
  }
  if (Array.isArray(value)) return value.map((one) => fillIn(one, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, fillIn(one, variables)]),
  );
}

/** The value at `data.0.id`. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<any>((place, key) => place?.[key], value);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const WORDS: Readonly<Record<string, (actual: unknown) => boolean>> = {
  $any: (actual) => actual !== undefined && actual !== null,
  $string: (actual) => typeof actual === 'string' && actual !== '',
  $number: (actual) => typeof actual === 'number',
  $uuid: (actual) => typeof actual === 'string' && UUID.test(actual),
  $time: (actual) => typeof actual === 'string' && !Number.isNaN(Date.parse(actual)),
  $absent: (actual) => actual === undefined || actual === null,
};

/**
 * What differs, in words; empty where nothing does. Objects may have more members than expected,
 * lists as many entries. `$bind:name` saves what it finds first and expects the same from then on.
 */
export function differences(
  expected: unknown,
  actual: unknown,
  variables: Variables,
  where = '',
): string[] {
  const differs = (): string[] => [
    `${where || 'the value'} is ${JSON.stringify(actual) ?? 'absent'}, not ${JSON.stringify(expected)}`,
  ];
  if (typeof expected === 'string' && expected.startsWith('$')) {
    const [word = '', rest = ''] = expected.split(/:(.*)/s);
    if (word === '$match') return new RegExp(rest).test(String(actual)) ? [] : differs();
    if (word === '$bind') {
      if (actual === undefined || actual === null) return differs();
      if (!variables.has(rest)) variables.set(rest, actual);
      return differences(variables.get(rest), actual, variables, where);
    }
    const test = WORDS[word];
    if (test === undefined) throw new Error(`there is no matcher ${word}`);
    return test(actual) ? [] : differs();
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return differs();
    return expected.flatMap((one, index) =>
      differences(one, actual[index], variables, `${where}/${index}`),
    );
  }
  if (typeof expected !== 'object' || expected === null)
    return expected === actual ? [] : differs();
  if (typeof actual !== 'object' || actual === null) return differs();
  return Object.entries(expected).flatMap(([key, one]) =>
    differences(one, (actual as Record<string, unknown>)[key], variables, `${where}/${key}`),
  );
}
