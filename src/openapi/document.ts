import { unescapePointer } from '../base/json-pointer.ts';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/**
 * The identifier under which `components` is registered with every schema compiler. Local
 * references become `posthorn#/components/…`, so that a schema cut out of the document still
 * resolves.
 */
export const DOCUMENT_ID = 'posthorn';

export type JsonSchema = { [keyword: string]: unknown };
export type ParameterLocation = 'path' | 'query' | 'header' | 'cookie';
/** Scheme name → scopes. Any one requirement of a list suffices; all of one must hold. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface Parameter {
  name: string;
  in: ParameterLocation;
  required: boolean;
  schema: JsonSchema;
}

export interface RequestBody {
  required: boolean;
  mediaTypes: readonly string[];
  /** The schema of the first media type. */
  schema: JsonSchema;
}

export interface ResponseSpec {
  /** Media type → schema. Empty: the response has no body. */
  content: ReadonlyMap<string, JsonSchema>;
  headers: readonly { name: string; required: boolean; schema: JsonSchema }[];
}

export interface Operation {
  id: string;
  /** Upper case, as `request.method`. */
  method: string;
  /** The template as written, `/subscriptions/{id}`. */
  path: string;
  /** `x-raw-body: true`: the handler receives the body's bytes, untouched. */
  isRawBody: boolean;
  parameters: readonly Parameter[];
  requestBody: RequestBody | undefined;
  /** By status, `'200'` or `'default'`. */
  responses: ReadonlyMap<string, ResponseSpec>;
  security: readonly SecurityRequirement[];
}

export interface ApiDocument {
  /** The YAML as written: what `/openapi.yaml` serves. */
  source: string;
  /** The document with its references as written: what `/openapi.json` and `/docs` serve. */
  json: JsonSchema;
  /** `components`, every local reference absolute. */
  components: JsonSchema;
  operations: readonly Operation[];
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Reads and resolves the OpenAPI document at `path`. Throws when it cannot be used. */
export function loadDocument(path: string | URL): ApiDocument {
  return parseDocument(readFileSync(path, 'utf8'));
}

export function parseDocument(source: string): ApiDocument {
  const root = parse(source, (key, value) =>
    key === '$ref' && typeof value === 'string' && value.startsWith('#/')
      ? `${DOCUMENT_ID}${value}`
      : value,
  ) as JsonSchema;
  return {
    source,
    json: parse(source) as JsonSchema,
    components: object(root.components),
    operations: readOperations(root),
  };
}

function readOperations(root: JsonSchema): Operation[] {
  return Object.entries(object(root.paths)).flatMap(([path, item]) => {
    const pathItem = object(item);
    return METHODS.filter((method) => method in pathItem).map((method) =>
      readOperation(root, { method, path, pathItem }),
    );
  });
}

function readOperation(
  root: JsonSchema,
  where: { method: string; path: string; pathItem: JsonSchema },
): Operation {
  const { method, path, pathItem } = where;
  const operation = object(pathItem[method]);
  if (typeof operation.operationId !== 'string') {
    throw new Error(`${method.toUpperCase()} ${path} has no operationId`);
  }
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    isRawBody: operation['x-raw-body'] === true,
    parameters: readParameters(root, [list(pathItem.parameters), list(operation.parameters)]),
    requestBody: readRequestBody(root, operation.requestBody),
    responses: new Map(
      Object.entries(object(operation.responses)).map(([status, response]) => [
        status,
        readResponse(root, response),
      ]),
    ),
    security: list(operation.security ?? root.security) as SecurityRequirement[],
  };
}

/** Later lists override earlier ones, as an operation's parameters override its path's. */
function readParameters(root: JsonSchema, lists: unknown[][]): Parameter[] {
  const parameters = new Map<string, Parameter>();
  for (const node of lists.flat()) {
    const { name, in: location, required, schema } = deref(root, node) as unknown as Parameter;
    const key = `${location}:${name}`;
    parameters.set(key, { name, in: location, required: required === true, schema: schema ?? {} });
  }
  return [...parameters.values()];
}

function readRequestBody(root: JsonSchema, node: unknown): RequestBody | undefined {
  if (node === undefined) return undefined;
  const { required, content } = deref(root, node);
  const media = Object.entries(object(content));
  return {
    required: required === true,
    mediaTypes: media.map(([mediaType]) => mediaType),
    schema: object(object(media[0]?.[1]).schema),
  };
}

function readResponse(root: JsonSchema, node: unknown): ResponseSpec {
  const { content, headers } = deref(root, node);
  return {
    content: new Map(
      Object.entries(object(content)).map(([mediaType, media]) => [
        mediaType,
        object(object(media).schema),
      ]),
    ),
    headers: Object.entries(object(headers)).map(([name, value]) => {
      const header = deref(root, value);
      return { name, required: header.required === true, schema: object(header.schema) };
    }),
  };
}

/** Follows references that stand where no schema compiler looks, e.g. for a whole response. */
function deref(root: JsonSchema, node: unknown): JsonSchema {
  let current = object(node);
  while (typeof current.$ref === 'string') {
    const reference = current.$ref;
    current = object(
      reference
        .slice(`${DOCUMENT_ID}#/`.length)
        .split('/')
        .map((segment) => unescapePointer(decodeURIComponent(segment)))
        .reduce<unknown>((at, segment) => object(at)[segment], root),
    );
    if (Object.keys(current).length === 0) throw new Error(`${reference} leads nowhere`);
  }
  return current;
}

function object(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
