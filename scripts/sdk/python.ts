import { pascal, snake, wrap } from './names.ts';
import type { Api, Group, Operation, Parameter } from './operations.ts';
import type { Declaration, Type } from './types.ts';

const NOTE = '# Written by `npm run generate:sdks` from openapi.yaml.\n';
const FOLDER = 'sdk/python/posthorn';
const EVENTS: Readonly<Record<string, string>> = { openStream: 'StreamEvent' };
const KEYWORDS = new Set([
  'and',
  'as',
  'assert',
  'async',
  'await',
  'break',
  'class',
  'continue',
  'def',
  'del',
  'elif',
  'else',
  'except',
  'finally',
  'for',
  'from',
  'global',
  'if',
  'import',
  'in',
  'is',
  'lambda',
  'nonlocal',
  'not',
  'or',
  'pass',
  'raise',
  'return',
  'try',
  'while',
  'with',
  'yield',
]);

/** A method may be called `list`, within whose class the name is then no type any more. */
const LIST = 'List';

type Mode = 'sync' | 'async';

/** The Python SDK's generated files: a TypedDict per schema, a method per operation, twice. */
export function pythonFiles(api: Api): [path: string, text: string][] {
  return [
    [`${FOLDER}/models.py`, modelsFile(api)],
    [`${FOLDER}/resources.py`, resourcesFile(api, 'sync')],
    [`${FOLDER}/async_resources.py`, resourcesFile(api, 'async')],
  ];
}

/** @param prefix of names that are declared in models.py */
function typeText(type: Type, prefix = ''): string {
  const inner = (one: Type) => typeText(one, prefix);
  const text = (): string => {
    switch (type.kind) {
      case 'named':
        return prefix + type.name;
      case 'array':
        return `${LIST}[${inner(type.items)}]`;
      case 'map':
        return `Dict[str, ${inner(type.items)}]`;
      case 'union':
        return `Union[${type.of.map(inner).join(', ')}]`;
      case 'literal':
        return `Literal[${type.values.map(literal).join(', ')}]`;
      case 'integer':
        return 'int';
      case 'number':
        return 'float';
      case 'boolean':
        return 'bool';
      case 'any':
        return 'Any';
      default:
        return 'str';
    }
  };
  return type.isNullable ? `Optional[${text()}]` : text();
}

function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}

function modelsFile({ declarations }: Api): string {
  // Aliases are evaluated as they stand, so what they name in quotes may come later.
  const rank = { enum: 0, object: 1, union: 2 };
  const sorted = [...declarations].sort((a, b) => rank[a.kind] - rank[b.kind]);
  return [
    NOTE.trimEnd(),
    '"""What requests and answers hold, as dictionaries that type checkers know."""',
    '',
    'from __future__ import annotations',
    '',
    'import sys',
    'from typing import Any, Dict, List, Literal, Optional, Union',
    '',
    'if sys.version_info >= (3, 11):',
    '    from typing import NotRequired, TypeAlias, TypedDict',
    'else:',
    '    from typing_extensions import NotRequired, TypeAlias, TypedDict',
    '',
    '',
    `${sorted.map(declarationText).join('\n\n')}\n`,
    '__all__ = [',
    ...sorted.map(({ name }) => `    "${name}",`).sort(),
    ']',
    '',
  ].join('\n');
}

function declarationText(declaration: Declaration): string {
  const { name, doc } = declaration;
  if (declaration.kind === 'enum') {
    const values = declaration.values.map((value) => `    ${literal(value)},\n`).join('');
    return `${remark(doc)}${name} = Literal[\n${values}]\n`;
  }
  if (declaration.kind === 'union') {
    return `${remark(doc)}${name}: TypeAlias = "${typeText(declaration.type).replaceAll('"', "'")}"\n`;
  }
  const fields = declaration.fields.map((field) => {
    const text = typeText(field.type);
    return { ...field, text: field.isRequired ? text : `NotRequired[${text}]` };
  });
  const isClass = fields.every(({ name: key }) => /^[A-Za-z]\w*$/.test(key) && !KEYWORDS.has(key));
  if (!isClass) {
    const lines = fields
      .map(({ name: key, text }) => `        ${literal(key)}: '${text}',\n`)
      .join('');
    return `${remark(doc)}${name} = TypedDict(\n    "${name}",\n    {\n${lines}    },\n)\n`;
  }
  const lines = fields.flatMap(({ name: key, text, doc: note }) => [
    `    ${key}: ${text}`,
    ...docstring(note, '    '),
  ]);
  return [
    `class ${name}(TypedDict):`,
    ...docstring(doc, '    '),
    ...(doc === '' ? [] : ['']),
    ...lines,
    '',
  ].join('\n');
}

function resourcesFile({ groups }: Api, mode: Mode): string {
  const prefix = mode === 'async' ? 'Async' : '';
  const events = [...new Set(Object.values(EVENTS))].join(', ');
  const iterator = mode === 'async' ? 'AsyncIterator' : 'Iterator';
  return [
    NOTE.trimEnd(),
    `"""A class for each group of operations, whose methods ${mode === 'async' ? 'are awaited' : 'block'}."""`,
    '',
    'from __future__ import annotations',
    '',
    `from typing import Any, Dict, ${iterator}, List, Literal, Optional, Union`,
    '',
    'from . import models',
    `from ._request import Call, CallOptions, segment`,
    `from ._stream import ${events}`,
    `from ._transport import ${prefix}Transport`,
    '',
    '',
    groups.map((group) => groupText(group, mode)).join('\n\n'),
    '',
    `class ${prefix}Resources:`,
    '    """Every group, over one way to the service."""',
    '',
    `    def __init__(self, transport: ${prefix}Transport) -> None:`,
    ...groups.map(
      ({ name }) => `        self.${snake(name)} = ${prefix}${pascal(name)}(transport)`,
    ),
    '',
  ].join('\n');
}

function groupText({ name, doc, operations }: Group, mode: Mode): string {
  const prefix = mode === 'async' ? 'Async' : '';
  const methods = operations.flatMap((operation) => [
    ...methodText(operation, mode),
    ...(operation.list === undefined ? [] : iteratorText(operation, operation.list, mode)),
  ]);
  return [
    `class ${prefix}${pascal(name)}:`,
    ...docstring(doc, '    '),
    '',
    `    def __init__(self, transport: ${prefix}Transport) -> None:`,
    '        self._transport = transport',
    ...methods,
    '',
  ].join('\n');
}

const identifier = (name: string): string =>
  KEYWORDS.has(snake(name)) ? `${snake(name)}_` : snake(name);

function parametersText({ pathParameters, body, options }: Operation): string {
  const keyword = ({ name, type, isRequired }: Parameter): string => {
    const text = typeText({ ...type, isNullable: false }, 'models.');
    return isRequired
      ? `${identifier(name)}: ${text}`
      : `${identifier(name)}: Optional[${text}] = None`;
  };
  const content = body === undefined ? '' : typeText(body.type, 'models.');
  const bytes = content === 'Any' ? content : `Union[${content}, bytes]`;
  return [
    'self',
    ...pathParameters.map(({ name }) => `${identifier(name)}: str`),
    ...(body === undefined
      ? []
      : [body.isRequired ? `body: ${bytes}` : `body: Optional[${bytes}] = None`]),
    '*',
    ...options.map(keyword),
    'options: Optional[CallOptions] = None',
  ]
    .map((line) => `        ${line},\n`)
    .join('');
}

function callText({
  method,
  path,
  pathParameters,
  body,
  options,
  takesIdempotencyKey,
}: Operation): string[] {
  const url =
    pathParameters.length === 0
      ? `"${path}"`
      : `f"${pathParameters.reduce((text, one) => text.replace(`{${one.wireName}}`, `{segment(${identifier(one.name)})}`), path)}"`;
  const dictionary = (place: string): string =>
    options
      .filter((one) => one.place === place)
      .map(({ wireName, name }) => `"${wireName}": ${identifier(name)}`)
      .join(', ');
  const content = body?.isRequired === false ? '{} if body is None else body' : 'body';
  return [
    `            "${method}",`,
    `            ${url},`,
    ...(dictionary('query') === '' ? [] : [`            query={${dictionary('query')}},`]),
    ...(dictionary('header') === '' ? [] : [`            headers={${dictionary('header')}},`]),
    ...(body === undefined ? [] : [`            body=${content},`]),
    ...(takesIdempotencyKey ? ['            takes_idempotency_key=True,'] : []),
  ];
}

function methodText(operation: Operation, mode: Mode): string[] {
  const { id, name, doc, result } = operation;
  const head = (type: string, isAwaited: boolean): string[] => [
    '',
    `    ${mode === 'async' && isAwaited ? 'async ' : ''}def ${identifier(name.join(' '))}(`,
    `${parametersText(operation)}    ) -> ${type}:`,
    ...docstring(doc, '        '),
    '        call = Call(',
    ...callText(operation),
    '        )',
  ];
  const wait = mode === 'async' ? 'await ' : '';
  switch (result.kind) {
    case 'none':
      return [...head('None', true), `        ${wait}self._transport.json(call, options)`];
    case 'text':
      return [...head('str', true), `        return ${wait}self._transport.text(call, options)`];
    case 'events': {
      const iterator = mode === 'async' ? 'AsyncIterator' : 'Iterator';
      const type = `${iterator}[${EVENTS[id] ?? 'Any'}]`;
      return [...head(type, false), '        return self._transport.events(call, options)'];
    }
    default: {
      const text = typeText(result.type, 'models.');
      const type = result.isOptional && text !== 'Any' ? `Optional[${text}]` : text;
      return [
        ...head(type, true),
        `        result: ${type} = ${wait}self._transport.json(call, options)`,
        '        return result',
      ];
    }
  }
}

function iteratorText(
  operation: Operation,
  list: NonNullable<Operation['list']>,
  mode: Mode,
): string[] {
  const type = `${mode === 'async' ? 'AsyncIterator' : 'Iterator'}[${typeText(list.item, 'models.')}]`;
  return [
    '',
    `    def ${identifier(list.name.join(' '))}(`,
    `${parametersText(operation)}    ) -> ${type}:`,
    ...docstring(
      `The entries of all pages of \`${identifier(operation.name.join(' '))}\`.`,
      '        ',
    ),
    '        call = Call(',
    ...callText(operation),
    '        )',
    `        return self._transport.pages(call, "${list.member}", options)`,
  ];
}

function remark(doc: string): string {
  return doc === ''
    ? ''
    : wrap(doc, 94)
        .map((line) => `# ${line}`.trimEnd())
        .join('\n')
        .concat('\n');
}

function docstring(doc: string, indent: string): string[] {
  if (doc.trim() === '') return [];
  const lines = wrap(doc.replaceAll('\\', '\\\\').replaceAll('"""', "'''"), 94 - indent.length);
  if (lines.length === 1 && !lines[0]?.endsWith('"')) return [`${indent}"""${lines[0]}"""`];
  return [`${indent}"""`, ...lines, '"""'].map((line, index) =>
    index === 0 ? line : (indent + line).trimEnd(),
  );
}
