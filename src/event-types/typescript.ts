import { first } from '../base/must.ts';
import { escapePointer } from '../base/json-pointer.ts';
import { ExactNumber } from '../json/exact-json.ts';
import { isObject, type JsonSchema } from './json-schema.ts';

/** The documentation of a type of the catalogue. */
export type Declarable = {
  readonly name: string;
  readonly description: string | null;
  readonly schema: JsonSchema | null;
  readonly deprecated_at: unknown;
  readonly replaced_by: string | null;
};

type Scope = {
  /** Local references, and the names under which what they lead to is declared. */
  readonly names: ReadonlyMap<string, string>;
};

/**
 * A TypeScript module: a type for the payload of each event type, one for each of its `$defs`, and
 * `EventPayloads`, which maps the names of event types to payloads. What TypeScript cannot say,
 * such as bounds, is left out; what is not understood is `unknown`.
 */
export function declareTypes(types: readonly Declarable[]): string {
  const taken = new Set(['EventPayloads', 'EventType', 'Event']);
  const named = types.map((type) => ({ ...type, id: identifierFor(type.name, taken) }));
  const declarations = named.map((type) => declare(type, type.id, taken));
  const map = named.map(({ name, id }) => `  ${JSON.stringify(name)}: ${id};\n`).join('');
  return [
    '// Made from the catalogue of event types. Do not edit.\n',
    ...declarations,
    `/** The payload of each event type. */\nexport type EventPayloads = {\n${map}};\n`,
    'export type EventType = keyof EventPayloads;\n',
    '/** An event of any type: `switch (event.type)` tells its payload. */\n' +
      'export type Event = {\n' +
      '  [Type in EventType]: { type: Type; payload: EventPayloads[Type] };\n' +
      '}[EventType];\n',
  ].join('\n');
}

function declare(type: Declarable, id: string, taken: Set<string>): string {
  const { schema } = type;
  const definitions = ['$defs', 'definitions'].flatMap((keyword) => {
    const members = schema?.[keyword];
    return Object.entries(isObject(members) ? members : {}).map(([name, definition]) => ({
      reference: `#/${keyword}/${escapePointer(name)}`,
      id: identifierFor(`${type.name}.${name}`, taken),
      definition,
    }));
  });
  const names = new Map([['#', id], ...definitions.map((one) => [one.reference, one.id] as const)]);
  const scope = { names };
  // A type that is nothing but itself says nothing.
  const bodyOf = (own: string, body: unknown) => {
    const text = typeOf(body, scope, '');
    return text === own ? 'unknown' : text;
  };
  return [
    ...definitions.map(
      (one) =>
        `${comment(one.definition)}export type ${one.id} = ${bodyOf(one.id, one.definition)};\n`,
    ),
    `${heading(type)}export type ${id} = ${schema === null ? 'unknown' : bodyOf(id, schema)};\n`,
  ].join('\n');
}

function heading({ name, description, deprecated_at, replaced_by }: Declarable): string {
  const instead = replaced_by === null ? '' : ` Use ${replaced_by}.`;
  return commentOf(
    [
      `\`${name}\`${description === null ? '' : `: ${description}`}`,
      ...(deprecated_at === null ? [] : [`@deprecated${instead}`]),
    ],
    '',
  );
}

/** A TypeScript identifier: the words of a name in PascalCase, numbered where that is taken. */
function identifierFor(name: string, taken: Set<string>): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const base = /^[A-Za-z]/.test(joined) ? joined : `Type${joined}`;
  let id = base;
  for (let number = 2; taken.has(id); number += 1) id = `${base}${number}`;
  taken.add(id);
  return id;
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

function typeOf(schema: unknown, scope: Scope, indent: string): string {
  if (schema === true || schema === undefined) return 'unknown';
  if (!isObject(schema)) return 'never';
  const parts: string[] = [];
  if (typeof schema['$ref'] === 'string') {
    parts.push(scope.names.get(safeDecode(schema['$ref'])) ?? 'unknown');
  }
  if ('const' in schema) parts.push(literal(schema['const']));
  else if (Array.isArray(schema['enum'])) parts.push(union(schema['enum'].map(literal)));
  else parts.push(...typedParts(schema, scope, indent));
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = schema[keyword];
    if (Array.isArray(branches))
      parts.push(union(branches.map((one) => typeOf(one, scope, indent))));
  }
  if (Array.isArray(schema['allOf'])) {
    parts.push(...schema['allOf'].map((one) => typeOf(one, scope, indent)));
  }
  const told = [...new Set(parts.filter((part) => part !== 'unknown'))];
  if (told.length === 0) return 'unknown';
  return told.length === 1 ? first(told, 'the type') : told.map(parenthesized).join(' & ');
}

function typedParts(schema: JsonSchema, scope: Scope, indent: string): string[] {
  const { type } = schema;
  const types = typeof type === 'string' ? [type] : Array.isArray(type) ? (type as string[]) : [];
  if (types.length > 0) {
    return [
      union(
        types.map(
          (one) =>
            PRIMITIVES[one] ??
            (one === 'array' ? arrayOf(schema, scope, indent) : objectOf(schema, scope, indent)),
        ),
      ),
    ];
  }
  if ('properties' in schema || 'additionalProperties' in schema)
    return [objectOf(schema, scope, indent)];
  if ('items' in schema || 'prefixItems' in schema) return [arrayOf(schema, scope, indent)];
  return [];
}

function arrayOf(schema: JsonSchema, scope: Scope, indent: string): string {
  const { prefixItems, items, minItems } = schema;
  const rest = typeOf(items, scope, indent);
  if (!Array.isArray(prefixItems)) return `${parenthesized(rest)}[]`;
  const least = typeof minItems === 'number' ? minItems : 0;
  const first = prefixItems.map((one, index) => {
    const item = typeOf(one, scope, indent);
    return index < least ? item : `(${item})?`;
  });
  return `[${[...first, ...(items === false ? [] : [`...${parenthesized(rest)}[]`])].join(', ')}]`;
}

function objectOf(schema: JsonSchema, scope: Scope, indent: string): string {
  const { properties, additionalProperties } = schema;
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const inner = `${indent}  `;
  const known = isObject(properties) ? properties : {};
  const names = new Set([
    ...Object.keys(known),
    ...required.filter((name) => typeof name === 'string'),
  ]);
  const lines = [...names].map((name) => {
    const member = Object.hasOwn(known, name) ? known[name] : true;
    const mark = required.includes(name) ? '' : '?';
    return `${comment(member, inner)}${inner}${keyOf(name)}${mark}: ${typeOf(member, scope, inner)};\n`;
  });
  if (isObject(additionalProperties)) {
    // An index signature has to take the named members in as well.
    const other = lines.length === 0 ? typeOf(additionalProperties, scope, inner) : 'unknown';
    lines.push(`${inner}[name: string]: ${other};\n`);
  }
  if (lines.length === 0)
    return additionalProperties === false
      ? '{ [name: string]: never }'
      : '{ [name: string]: unknown }';
  return `{\n${lines.join('')}${indent}}`;
}

function literal(value: unknown): string {
  // A literal would be another number.
  if (value instanceof ExactNumber) return 'number';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'number';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return 'unknown';
}

function union(types: readonly string[]): string {
  if (types.includes('unknown') || types.length === 0) return 'unknown';
  const different = [...new Set(types)];
  return different.length === 1
    ? first(different, 'the type')
    : different.map(parenthesized).join(' | ');
}

/** Brackets around what would otherwise read differently as part of something. */
function parenthesized(type: string): string {
  return /^[\w"'[\].-]+$/.test(type) || (/^\{[^]*\}$/.test(type) && !/\} [|&] /.test(type))
    ? type
    : `(${type})`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function comment(schema: unknown, indent = ''): string {
  if (!isObject(schema)) return '';
  const { description, title, deprecated } = schema;
  const text =
    typeof description === 'string' ? description : typeof title === 'string' ? title : undefined;
  return commentOf(
    [...(text === undefined ? [] : [text]), ...(deprecated === true ? ['@deprecated'] : [])],
    indent,
  );
}

function commentOf(texts: readonly string[], indent: string): string {
  const lines = texts
    .flatMap((text) => text.trim().split(/[\r\n\u2028\u2029]+/))
    .map((line) => line.replaceAll('*/', '* /'));
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function safeDecode(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}
