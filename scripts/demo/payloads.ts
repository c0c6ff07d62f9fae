import { createRequire } from 'node:module';

type Definition = { readonly name: string; readonly examples: readonly object[] };

// Its declarations promise an ES module's default export; what is there is a JSON file.
const DEFINITIONS: readonly Definition[] = createRequire(import.meta.url)(
  '@octokit/webhooks-examples',
);

/** An event to send: its type, and the exact text of its payload. */
export type Payload = { readonly eventType: string; readonly text: string };

/**
 * What re-serialized JSON would lose, each in its turn: the compact form, the indented one, and
 * one that begins with a duplicate key, a number no double can hold, and escapes.
 */
const SPELLINGS: readonly ((example: object) => string)[] = [
  (example) => JSON.stringify(example),
  (example) => JSON.stringify(example, undefined, 2),
  (example) =>
    JSON.stringify(example).replace(
      '{',
      String.raw`{"posthorn_demo":1,"posthorn_demo":9007199254740993.10,"\u0041":"\u0000\/é",`,
    ),
];

/** Every payload that GitHub documents for its webhooks. */
export function loadPayloads(): Payload[] {
  return DEFINITIONS.flatMap(({ name, examples }) =>
    examples.map((example) => ({ eventType: name, example })),
  ).map(({ eventType, example }, index) => ({
    eventType,
    text: SPELLINGS[index % SPELLINGS.length]!(example),
  }));
}
