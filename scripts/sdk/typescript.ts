import openapiTypes, { astToString } from 'openapi-typescript';
import { camel, pascal, wrap } from './names.ts';
import type { Api, Group, Operation, Parameter } from './operations.ts';
import type { Type } from './types.ts';

const NOTE = '// Written by `npm run generate:sdks` from openapi.yaml.\n';
/** The contents of Server-Sent Events are not in the document; the types are written manually. */
const EVENTS: Readonly<Record<string, string>> = { openStream: 'StreamEvent' };
const FOLDER = 'sdk/typescript/src/generated';

/** The TypeScript SDK's generated files: openapi-typescript's types, and a method per operation. */
export async function typescriptFiles(
  api: Api,
  document: URL,
): Promise<[path: string, text: string][]> {
  const types = astToString(await openapiTypes(document));
  return [
    [`${FOLDER}/openapi.ts`, NOTE + types],
    [`${FOLDER}/types.ts`, typesFile(api)],
    [`${FOLDER}/resources.ts`, resourcesFile(api)],
  ];
}

function typesFile({ schemaNames, declarations }: Api): string {
  const known = schemaNames.map(
    (name) => `export type ${name} = components['schemas']['${name}'];`,
  );
  // Objects that the document writes in place have no name there.
  const others = declarations.flatMap((one) => {
    if (one.kind !== 'object' || schemaNames.includes(one.name)) return [];
    const fields = one.fields.map(
      ({ name, type, isRequired }) =>
        `  ${/^\w+$/.test(name) ? name : JSON.stringify(name)}${isRequired ? '' : '?'}: ${typeText(type)};`,
    );
    return [`export type ${one.name} = {\n${fields.join('\n')}\n};`];
  });
  const aliases = [...known, ...others];
  return `${NOTE}import type { components } from './openapi.ts';\n\n${aliases.join('\n')}\n`;
}

function resourcesFile(api: Api): string {
  const names = new Set<string>();
  const render = (type: Type): string => typeText(type, names);
  const groups = api.groups.map((group) => groupText(group, render));
  const aliases = api.groups.flatMap(({ operations }) => operations).flatMap(queryAlias);
  const all = api.groups.map(({ name }) => camel(name));
  const streams = [...new Set(Object.values(EVENTS))].join(', ');
  return [
    NOTE.trimEnd(),
    `import type { CallOptions, Http } from '../http.ts';`,
    `import { iteratePages } from '../paging.ts';`,
    `import { iterateEvents, type ${streams} } from '../stream.ts';`,
    `import type { operations as Documented } from './openapi.ts';`,
    `import type {\n${[...names]
      .sort()
      .map((name) => `  ${name},`)
      .join('\n')}\n} from './types.ts';`,
    '',
    [...new Set(aliases)].join('\n'),
    '',
    ...groups,
    '/** Every group, over one way to the service. */',
    'export function resources(http: Http) {',
    `  return {\n${all.map((name) => `    ${name}: ${name}(http),`).join('\n')}\n  };`,
    '}',
    '',
    'export type Resources = ReturnType<typeof resources>;',
    '',
  ].join('\n');
}

/** @param names is given those of the types that are used */
function typeText(type: Type, names = new Set<string>()): string {
  const inner = (one: Type) => typeText(one, names);
  const text = (): string => {
    switch (type.kind) {
      case 'named':
        names.add(type.name);
        return type.name;
      case 'array':
        return `(${inner(type.items)})[]`.replace(/^\((\w+)\)/, '$1');
      case 'map':
        return `Record<string, ${inner(type.items)}>`;
      case 'union':
        return type.of.map(inner).join(' | ');
      case 'literal':
        return type.values.map((value) => JSON.stringify(value)).join(' | ');
      case 'any':
        return 'unknown';
      case 'timestamp':
        return 'string';
      case 'integer':
        return 'number';
      default:
        return type.kind;
    }
  };
  return type.isNullable ? `${text()} | null` : text();
}

const queryOf = ({ options }: Operation): Parameter[] =>
  options.filter(({ place }) => place === 'query');
const headersOf = ({ options }: Operation): Parameter[] =>
  options.filter(({ place }) => place === 'header');
const queryName = ({ id }: Operation): string => `${pascal(id)}Query`;

function queryAlias(operation: Operation): string[] {
  if (queryOf(operation).length === 0) return [];
  const type = `Documented['${operation.id}']['parameters']['query']`;
  return [`export type ${queryName(operation)} = NonNullable<${type}>;`];
}

function groupText({ name, doc, operations }: Group, render: (type: Type) => string): string {
  const methods = operations.flatMap((operation) => [
    method(operation, render),
    ...(operation.list === undefined ? [] : [iterator(operation, operation.list, render)]),
  ]);
  return [
    ...comment(doc, ''),
    `export function ${camel(name)}(http: Http) {`,
    `  return {\n${methods.join('\n')}\n  };`,
    '}',
    '',
  ].join('\n');
}

function signature(operation: Operation, render: (type: Type) => string): string {
  const { pathParameters, body } = operation;
  const query = queryOf(operation);
  const headers = headersOf(operation).map(
    (one) =>
      `${one.name}${one.isRequired ? ': ' : '?: '}${render(one.type)}${one.isRequired ? '' : ' | undefined'}`,
  );
  const must = [...query, ...headersOf(operation)].some(({ isRequired }) => isRequired);
  const options = headers.length === 0 ? 'CallOptions' : `CallOptions & { ${headers.join('; ')} }`;
  const bytes = body?.type.kind === 'any' ? '' : ' | Uint8Array';
  return [
    ...pathParameters.map((one) => `${one.name}: string`),
    ...(body === undefined
      ? []
      : [
          body.isRequired
            ? `body: ${render(body.type)}${bytes}`
            : `body: ${render(body.type)}${bytes} = {}`,
        ]),
    ...(query.length === 0 ? [] : [`query${must ? '' : '?'}: ${queryName(operation)}`]),
    `options?: ${options}`,
  ].join(', ');
}

function call(operation: Operation): string {
  const { method, path, pathParameters, body, takesIdempotencyKey } = operation;
  const url =
    pathParameters.length === 0
      ? `'${path}'`
      : `\`${pathParameters.reduce((text, { wireName, name }) => text.replace(`{${wireName}}`, `\${encodeURIComponent(${name})}`), path)}\``;
  const headers = headersOf(operation).map(
    ({ wireName, name }) => `'${wireName}': options?.${name}`,
  );
  const parts = [
    `method: '${method}'`,
    `path: ${url}`,
    ...(queryOf(operation).length === 0 ? [] : ['query']),
    ...(body === undefined ? [] : ['body']),
    ...(headers.length === 0 ? [] : [`headers: { ${headers.join(', ')} }`]),
    ...(takesIdempotencyKey ? ['takesIdempotencyKey: true'] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

function method(operation: Operation, render: (type: Type) => string): string {
  const { id, name, doc, result } = operation;
  const [how, type] = (() => {
    switch (result.kind) {
      case 'none':
        return ['json', 'Promise<void>'];
      case 'text':
        return ['text', 'Promise<string>'];
      case 'events':
        return ['events', `AsyncGenerator<${EVENTS[id] ?? 'unknown'}, void, undefined>`];
      default: {
        const text = render(result.type);
        return [
          'json',
          `Promise<${text}${result.isOptional && text !== 'unknown' ? ' | undefined' : ''}>`,
        ];
      }
    }
  })();
  const asked =
    how === 'events' ? `iterateEvents(http, ${call(operation)}` : `http.${how}(${call(operation)}`;
  return [
    ...comment(doc, '    '),
    `    ${camel(name.join(' '))}(${signature(operation, render)}): ${type} {`,
    `      return ${asked}, options);`,
    '    },',
  ].join('\n');
}

function iterator(
  operation: Operation,
  { member, item, name }: NonNullable<Operation['list']>,
  render: (type: Type) => string,
): string {
  return [
    ...comment(`The entries of all pages of \`${camel(operation.name.join(' '))}\`.`, '    '),
    `    ${camel(name.join(' '))}(${signature(operation, render)}): AsyncGenerator<${render(item)}, void, undefined> {`,
    `      return iteratePages(http, ${call(operation)}, '${member}', options);`,
    '    },',
  ].join('\n');
}

function comment(text: string, indent: string): string[] {
  const lines = wrap(text.replaceAll('*/', '*\\/'), 96 - indent.length);
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}
