import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import t from 'tap';
import { declareTypes, type Declarable } from '../../src/event-types/typescript.ts';

const type = (name: string, schema: object | null, rest: object = {}): Declarable => ({
  name,
  schema: schema as never,
  description: null,
  deprecated_at: null,
  replaced_by: null,
  ...rest,
});

t.test('a type for each payload, as far as TypeScript can say it', async (t) => {
  const source = declareTypes([
    type(
      'order.created',
      {
        type: 'object',
        required: ['id', 'lines', 'un-declared'],
        properties: {
          id: { type: 'integer', description: 'Counts up.' },
          note: { type: ['string', 'null'], maxLength: 3 },
          state: { enum: ['open', 'shut', null] },
          lines: { type: 'array', items: { $ref: '#/$defs/line' } },
          where: { type: 'object', additionalProperties: { type: 'number' } },
          pair: { prefixItems: [{ type: 'string' }, { const: 1 }], minItems: 1, items: false },
          either: { oneOf: [{ type: 'string' }, { type: 'object', properties: { a: {} } }] },
          parent: { $ref: '#' },
        },
        $defs: {
          line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } },
        },
      },
      { description: 'An order was placed.' },
    ),
    type('order-created', null, { deprecated_at: new Date(), replaced_by: 'order.created' }),
    type('3d', true as never),
  ]);
  t.equal(
    source.slice(source.indexOf('export type OrderCreatedLine')),
    `export type OrderCreatedLine = {
  sku: string;
};

/** \`order.created\`: An order was placed. */
export type OrderCreated = {
  /** Counts up. */
  id: number;
  note?: string | null;
  state?: "open" | "shut" | null;
  lines: OrderCreatedLine[];
  where?: {
    [name: string]: number;
  };
  pair?: [string, (1)?];
  either?: string | {
    a?: unknown;
  };
  parent?: OrderCreated;
  "un-declared": unknown;
};

/**
 * \`order-created\`
 * @deprecated Use order.created.
 */
export type OrderCreated2 = unknown;

/** \`3d\` */
export type Type3d = unknown;

/** The payload of each event type. */
export type EventPayloads = {
  "order.created": OrderCreated;
  "order-created": OrderCreated2;
  "3d": Type3d;
};

export type EventType = keyof EventPayloads;

/** An event of any type: \`switch (event.type)\` tells its payload. */
export type Event = {
  [Type in EventType]: { type: Type; payload: EventPayloads[Type] };
}[EventType];
`,
  );
});

t.test(
  'what descriptions, names and values hold stays text, and the compiler takes it',
  async (t) => {
    const evil = '*/ export const x = 1; /*\u2028`${1}`';
    const source = declareTypes([
      type(
        'a',
        {
          description: evil,
          type: 'object',
          properties: {
            [evil]: { const: evil, title: evil },
            'a"b': { enum: [evil, Infinity, {}] },
          },
          $defs: { [evil]: { description: evil } },
        },
        { description: evil },
      ),
      type('EventPayloads', { $ref: '#' }),
      type('event', { $ref: '#/properties/none' }),
    ]);
    const file = `${t.testdir({})}/types.ts`;
    await writeFile(
      file,
      `${source}
    const event: Event = { type: 'a', payload: {} };
    if (event.type === 'a') event.payload;
    export const name: EventType = 'event';`,
    );
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [
      tsc,
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      file,
    ]);
    await t.resolves(
      run.catch(({ stdout }) => {
        throw new Error(stdout);
      }),
    );
    t.notMatch(source, /^export const/m);
  },
);
