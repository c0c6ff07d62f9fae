import { createHash } from 'node:crypto';

import { parseJson, type Reading } from './request.ts';

/**
 * Where a text of a request is, as kinds.yaml says it:
 *
 * - `header:x-name`; `header:x-name-*` for all whose names start so
 * - `query:name`
 * - `form:name`, and `form:name#/pointer` into the JSON that the field holds
 * - `body:/pointer` into a JSON body; `*` stands for every item of an array
 * - `key-beside:name`, the first member of a JSON body that is not called so
 * - `sha256:body`, the body's hash
 *
 * Several joined by ` + ` are one text.
 */
export type ValueReference = string;

export const JOIN = ' + ';

/** What is there, in its order: texts, and whole numbers that a double holds exactly. */
export function readValues(reading: Reading, reference: ValueReference): readonly string[] {
  const colon = reference.indexOf(':');
  const name = reference.slice(colon + 1);
  switch (reference.slice(0, colon)) {
    case 'header':
      return name.endsWith('*')
        ? reading.headersStarting(name.slice(0, -1))
        : reading.headerValues(name);
    case 'query':
      return listOf(reading.query(name));
    case 'form':
      return fieldValues(reading, name);
    case 'body':
      return textsAt(reading.json(), name);
    case 'key-beside':
      return listOf(keyBeside(reading.json(), name));
    case 'sha256':
      return [createHash('sha256').update(reading.request.body).digest('hex')];
    default:
      return [];
  }
}

/** The one value, or undefined: absent, and several that differ, are the same to who asks. */
export function readValue(reading: Reading, reference: ValueReference): string | undefined {
  const values = readValues(reading, reference);
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

export function listOf<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

export function asList<Value>(value: Value | readonly Value[] | undefined): readonly Value[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList<Value>(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text at a path of a JSON document, or undefined. */
export function textAt(document: unknown, pointer: string): string | undefined {
  const [first, second] = textsAt(document, pointer);
  return second === undefined ? first : undefined;
}

function fieldValues(reading: Reading, name: string): readonly string[] {
  const hash = name.indexOf('#');
  if (hash === -1) return reading.form().get(name) ?? [];
  const text = reading.field(name.slice(0, hash));
  return text === undefined ? [] : textsAt(parseJson(text), name.slice(hash + 1));
}

function textsAt(document: unknown, pointer: string): string[] {
  return nodesAt(document, pointer).flatMap((node) => {
    if (typeof node === 'string') return [node];
    // Ids beyond 2^53 were rounded when they were parsed: two could have become one.
    return Number.isSafeInteger(node) ? [String(node)] : [];
  });
}

/** JSON pointer (RFC 6901), with `*` for every item. */
export function nodesAt(document: unknown, pointer: string): unknown[] {
  let nodes: unknown[] = [document];
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    nodes = nodes.flatMap((node) => childrenAt(node, key));
  }
  return nodes;
}

function childrenAt(node: unknown, key: string): unknown[] {
  if (Array.isArray(node)) {
    const items: unknown[] = node;
    if (key === '*') return items;
    return /^\d{1,9}$/.test(key) ? items.slice(Number(key), Number(key) + 1) : [];
  }
  return isRecord(node) && Object.hasOwn(node, key) ? [node[key]] : [];
}

function keyBeside(document: unknown, name: string): string | undefined {
  return isRecord(document) ? Object.keys(document).find((key) => key !== name) : undefined;
}
