import type { FieldError } from '../base/errors.ts';
import { escapePointer } from '../base/json-pointer.ts';
import { isObject, resolveReference, type JsonSchema } from './json-schema.ts';

/** An event type as an OpenAPI document describes it. */
export type DescribedType = {
  readonly name: string;
  readonly description: string | null;
  readonly schema: JsonSchema | null;
  readonly example: unknown;
  readonly deprecated: boolean;
  /** Where in the document its content is. */
  readonly pointer: string;
};

/** Thrown for a document that cannot be read. Pointers are into it. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly faults: readonly FieldError[];

  constructor(faults: readonly FieldError[]) {
    super(faults.map(({ pointer, detail }) => `${pointer || 'the document'} ${detail}`).join('; '));
    this.faults = faults;
  }
}

const NAME = /^[A-Za-z0-9._/:-]{1,128}$/;
const JSON_CONTENT = /^application\/(?:[\w.+-]+\+)?json\b/;
const METHODS = ['post', 'put', 'patch', 'get'];
/** More would be no schema that the catalogue takes. */
const MAX_DEFINITIONS = 500;

/**
 * The types that the `webhooks` of an OpenAPI 3.1 document describe. What a schema refers to
 * elsewhere in the document becomes one of its `$defs`.
 *
 * @throws DocumentError
 */
export function readWebhooks(document: unknown): DescribedType[] {
  if (!isObject(document) || !/^3\.[1-9]/.test(String(document['openapi']))) {
    throw new DocumentError([{ pointer: '/openapi', detail: 'must be 3.1 or later' }]);
  }
  const { webhooks } = document;
  if (!isObject(webhooks) || Object.keys(webhooks).length === 0) {
    throw new DocumentError([
      { pointer: '/webhooks', detail: 'must name at least one event type' },
    ]);
  }
  const types: DescribedType[] = [];
  const faults: FieldError[] = [];
  for (const [name, item] of Object.entries(webhooks)) {
    try {
      types.push(readWebhook(document, name, item));
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new DocumentError(faults);
  return types;
}

/** Where the faults of a type's schema and example are within its document. */
export function pointTo({ pointer }: DescribedType): { schema: string; example: string } {
  return { schema: `${pointer}/schema`, example: `${pointer}/example` };
}

function readWebhook(document: JsonSchema, name: string, given: unknown): DescribedType {
  const at = `/webhooks/${escapePointer(name)}`;
  if (!NAME.test(name)) {
    throw new DocumentError([{ pointer: at, detail: 'must be 1 to 128 letters, digits or ._:/-' }]);
  }
  const item = follow(document, given, at);
  const method = METHODS.find((one) => isObject(item[one]));
  if (method === undefined) throw new DocumentError([{ pointer: at, detail: 'has no operation' }]);
  const operation = item[method] as JsonSchema;
  const body = follow(document, operation['requestBody'] ?? {}, `${at}/${method}/requestBody`);
  const content = isObject(body['content']) ? body['content'] : {};
  const mediaType = Object.keys(content).find((one) => JSON_CONTENT.test(one));
  const media = mediaType === undefined ? {} : content[mediaType];
  const pointer =
    `${at}/${method}/requestBody` +
    (mediaType === undefined ? '' : `/content/${escapePointer(mediaType)}`);
  const { schema, example, examples } = isObject(media) ? media : {};
  return {
    name,
    description:
      textOf(operation['description']) ??
      textOf(operation['summary']) ??
      textOf(item['description']),
    schema: isObject(schema) ? bundle(document, schema, `#${pointer}/schema`) : null,
    example: example ?? firstExample(document, examples) ?? null,
    deprecated: operation['deprecated'] === true,
    pointer,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function firstExample(document: JsonSchema, examples: unknown): unknown {
  if (!isObject(examples)) return undefined;
  const [first] = Object.values(examples);
  return first === undefined ? undefined : follow(document, first, '/examples')['value'];
}

/** The value, or the one it refers to. */
function follow(document: JsonSchema, given: unknown, pointer: string): JsonSchema {
  let current = given;
  for (let hops = 0; isObject(current) && typeof current['$ref'] === 'string'; hops += 1) {
    const target = hops < 16 ? resolveReference(document, current['$ref']) : undefined;
    if (!isObject(target)) {
      throw new DocumentError([
        { pointer, detail: `refers to ${current['$ref']}, which is not in the document` },
      ]);
    }
    current = target;
  }
  if (isObject(current)) return current;
  throw new DocumentError([{ pointer, detail: 'must be an object' }]);
}

/** A self-contained schema. `self`: the reference by which the document knows it. */
function bundle(document: JsonSchema, schema: JsonSchema, self: string): JsonSchema {
  /** References into the document, and under which name what they lead to goes. */
  const names = new Map<string, string>();
  const definitions: Record<string, unknown> = {};
  const own = isObject(schema['$defs']) ? schema['$defs'] : {};

  function nameFor(reference: string): string {
    const known = names.get(reference);
    if (known !== undefined) return known;
    const base = (reference.split('/').at(-1) ?? '').replaceAll(/[^\w.-]/g, '_') || 'root';
    const taken = new Set([...names.values(), ...Object.keys(own)]);
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`;
    if (names.size >= MAX_DEFINITIONS) {
      throw new DocumentError([
        { pointer: self.slice(1), detail: `refers to more than ${MAX_DEFINITIONS} schemas` },
      ]);
    }
    names.set(reference, name);
    const target = resolveReference(document, reference);
    if (target === undefined) {
      throw new DocumentError([
        { pointer: self.slice(1), detail: `refers to ${reference}, which is not in the document` },
      ]);
    }
    definitions[name] = rewrite(target);
    return name;
  }

  function moved(reference: string): string {
    if (reference === self) return '#';
    if (reference.startsWith(`${self}/`)) return `#${reference.slice(self.length)}`;
    return `#/$defs/${escapePointer(nameFor(reference))}`;
  }

  function rewrite(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        // A member of that name whose value is a text can only be the keyword, save in examples.
        const isLocal = key === '$ref' && typeof member === 'string' && member.startsWith('#');
        return [key, isLocal ? moved(member) : rewrite(member)];
      }),
    );
  }

  const whole = rewrite(schema) as JsonSchema;
  const made = Object.keys(definitions).length === 0 ? {} : { $defs: { ...own, ...definitions } };
  return isObject(whole['$defs'])
    ? { ...whole, $defs: { ...whole['$defs'], ...definitions } }
    : { ...whole, ...made };
}

type Written = Pick<DescribedType, 'name' | 'description' | 'schema' | 'example' | 'deprecated'>;

/** The document that describes these types: what {@link readWebhooks} reads back. */
export function writeWebhooks(types: readonly Written[], title = 'Events'): JsonSchema {
  return {
    openapi: '3.1.1',
    info: { title, version: '1' },
    webhooks: Object.fromEntries(types.map((type) => [type.name, webhookOf(type)])),
  };
}

function webhookOf({ name, description, schema, example, deprecated }: Written): JsonSchema {
  const self = `#/webhooks/${escapePointer(name)}/post/requestBody/content/application~1json/schema`;
  return {
    post: {
      ...(description !== null && { description }),
      ...(deprecated && { deprecated }),
      requestBody: {
        content: {
          'application/json': {
            ...(schema !== null && { schema: relocate(schema, self) }),
            ...(example !== null && { example }),
          },
        },
      },
      responses: { '2XX': { description: 'Taken.' } },
    },
  };
}

/** A schema's references into itself, as they are from the root of a document. */
function relocate(value: unknown, self: string): unknown {
  if (Array.isArray(value)) return value.map((item) => relocate(item, self));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isLocal = key === '$ref' && typeof member === 'string' && member.startsWith('#');
      return [key, isLocal ? `${self}${member.slice(1)}` : relocate(member, self)];
    }),
  );
}
