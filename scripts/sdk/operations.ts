import { camel, iteratorName, pascal, shortName, words } from './names.ts';
import { readTypes, type Declaration, type Schema, type Type } from './types.ts';

export type Parameter = {
  /** As it goes over the wire. */
  readonly wireName: string;
  readonly name: string;
  readonly place: 'path' | 'query' | 'header';
  readonly type: Type;
  readonly isRequired: boolean;
  readonly doc: string;
  readonly allowsZero: boolean;
};

export type Operation = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Its name within the group, in words. */
  readonly name: readonly string[];
  readonly doc: string;
  readonly pathParameters: readonly Parameter[];
  /** Those of the query and of the header. */
  readonly options: readonly Parameter[];
  readonly takesIdempotencyKey: boolean;
  readonly body?: { readonly type: Type; readonly isRequired: boolean };
  /** `none` is answered without a body; `isOptional` where another status has none. */
  readonly result:
    | { readonly kind: 'none' | 'text' | 'events' }
    | { readonly kind: 'json'; readonly type: Type; readonly isOptional: boolean };
  /** For lists: the member that holds the entries, and their type. */
  readonly list?: {
    readonly member: string;
    readonly item: Type;
    readonly name: readonly string[];
  };
};

export type Group = {
  readonly name: string;
  readonly doc: string;
  readonly operations: Operation[];
};

export type Api = {
  readonly version: string;
  readonly groups: readonly Group[];
  readonly declarations: readonly Declaration[];
  /** The names of types that requests carry. */
  readonly inputs: ReadonlySet<string>;
  /** The names under `components.schemas`. */
  readonly schemaNames: readonly string[];
};

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
/**
 * Signatures stand in for the key that a client has, and `event_type` is another name of
 * `X-Event-Type`; the options of a call can still set them.
 */
const UNNAMED_HEADERS = /signature|^webhook-|^event_type$/i;

/** What the generators need to know of openapi.yaml. @throws Error where a name is taken twice */
export function readApi(document: Schema): Api {
  const types = readTypes(document['components'].schemas);
  const resolve = (value: Schema): Schema => {
    if (value['$ref'] === undefined) return value;
    const path = String(value['$ref']).slice(2).split('/');
    return path.reduce<Schema>((place, key) => place[key], document);
  };

  function readParameters(all: readonly Schema[]): Parameter[] {
    return all
      .map(resolve)
      .filter(({ in: place, name }) => place !== 'header' || !UNNAMED_HEADERS.test(name))
      .map(({ name, in: place, required, schema, description }) => ({
        wireName: name,
        name: camel(place === 'header' ? name.replace(/^x-/i, '') : name),
        place,
        type: types.read(schema, pascal(name)),
        isRequired: required === true,
        doc: description ?? '',
        allowsZero: resolve(schema)['minLength'] === undefined && !(resolve(schema)['minimum'] > 0),
      }));
  }

  function readResult(id: string, responses: Schema): Operation['result'] {
    const good = Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([, it]) => resolve(it));
    const contents = good.map(({ content }) => content).filter((content) => content !== undefined);
    const [content] = contents;
    if (content === undefined) return { kind: 'none' };
    if (content['application/json'] !== undefined) {
      const name = `${pascal(id)}Result`;
      const read = contents.map((one) => types.read(one['application/json']?.schema ?? {}, name));
      const of = [...new Map(read.map((type) => [JSON.stringify(type), type])).values()];
      const type: Type =
        of.length === 1 ? (of[0] as Type) : { kind: 'union', of, isNullable: false };
      return { kind: 'json', type, isOptional: contents.length < good.length };
    }
    return { kind: content['text/event-stream'] === undefined ? 'text' : 'events' };
  }

  /** The entries of a page: the one list beside `next_cursor`, where a `cursor` is taken. */
  function readList(operation: Operation): Operation['list'] {
    const { result } = operation;
    if (result.kind !== 'json' || result.type.kind !== 'named') return undefined;
    if (!operation.options.some(({ wireName }) => wireName === 'cursor')) return undefined;
    const { name } = result.type;
    const declaration = types.declarations().find((one) => one.name === name);
    if (declaration?.kind !== 'object') return undefined;
    const lists = declaration.fields.filter(({ type }) => type.kind === 'array');
    const [field] = lists;
    if (field?.type.kind !== 'array' || lists.length > 1) return undefined;
    if (!declaration.fields.some((one) => one.name === 'next_cursor')) return undefined;
    return { member: field.name, item: field.type.items, name: iteratorName(operation.name) };
  }

  function readOperation(method: string, path: string, shared: Schema[], raw: Schema): Operation {
    const id = raw['operationId'] as string;
    const parameters = readParameters([...shared, ...(raw['parameters'] ?? [])]);
    const request = raw['requestBody'] === undefined ? undefined : resolve(raw['requestBody']);
    const content = request?.['content'] ?? {};
    const media = content['application/json'] ?? Object.values(content)[0];
    const operation: Operation = {
      id,
      path,
      method: method.toUpperCase(),
      name: shortName(id, raw['tags'][0]),
      doc: `${raw['summary']}.\n\n${raw['description'] ?? ''}`.trim(),
      pathParameters: parameters.filter(({ place }) => place === 'path'),
      options: parameters.filter(({ place }) => place !== 'path'),
      takesIdempotencyKey: parameters.some(({ wireName }) => /^idempotency-key$/i.test(wireName)),
      result: readResult(id, raw['responses']),
      ...(media !== undefined && {
        body: {
          type: types.read(media.schema, `${pascal(id)}Body`),
          isRequired: request?.['required'] === true,
        },
      }),
    };
    const list = readList(operation);
    return list === undefined ? operation : { ...operation, list };
  }

  const groups = new Map<string, Group>();
  for (const { name, description } of document['tags']) {
    groups.set(name, { name, doc: description ?? '', operations: [] });
  }
  for (const [path, item] of Object.entries(document['paths'] as Record<string, Schema>)) {
    for (const method of METHODS.filter((one) => one in item)) {
      const raw = item[method];
      const group = groups.get(raw.tags?.[0]);
      if (group === undefined) throw new Error(`${raw.operationId} has no tag that is declared`);
      const operation = readOperation(method, path, item['parameters'] ?? [], raw);
      group.operations.push(...split(operation, types.declarations()));
    }
  }
  const filled = [...groups.values()]
    .filter(({ operations }) => operations.length > 0)
    .map((group) => ({ ...group, operations: withoutClashes(group) }));
  const bodies = filled.flatMap(({ operations }) =>
    operations.flatMap(({ body }) => body?.type ?? []),
  );
  return {
    version: document['info'].version,
    groups: filled,
    declarations: types.declarations(),
    inputs: types.reach(bodies),
    schemaNames: Object.keys(document['components'].schemas),
  };
}

/**
 * An operation that takes one or a list, and answers each in its own way, becomes two methods:
 * `publish` and `publish batch`.
 */
function split(operation: Operation, declarations: readonly Declaration[]): Operation[] {
  const { body, result } = operation;
  if (body === undefined || result.kind !== 'json') return [operation];
  const open = (type: Type): readonly Type[] => {
    const named =
      type.kind === 'named' ? declarations.find(({ name }) => name === type.name) : undefined;
    const plain = named?.kind === 'union' ? named.type : type;
    return plain.kind === 'union' ? plain.of : [plain];
  };
  const [bodies, results] = [open(body.type), open(result.type)];
  const isPair = bodies.length === 2 && results.length === 2 && bodies[1]?.kind === 'array';
  if (!isPair) return [operation];
  return bodies.map((type, index) => ({
    ...operation,
    name: index === 0 ? operation.name : [...operation.name, 'batch'],
    body: { ...body, type },
    result: { ...result, type: results[index] as Type },
  }));
}

/** Where two short names are the same, both operations go by their whole name. */
function withoutClashes({ name: group, operations }: Group): Operation[] {
  const names = operations.map(({ name }) => name.join(' '));
  const settled = operations.map((operation, index) => {
    const isTaken = names.filter((name) => name === names[index]).length > 1;
    return isTaken ? { ...operation, name: words(operation.id) } : operation;
  });
  const all = settled.flatMap(({ name, list }) =>
    [name, ...(list ? [list.name] : [])].map((it) => it.join(' ')),
  );
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${group} has two operations called "${twice}"`);
  return settled;
}
