import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { parse } from 'yaml';

import type { Alias, Kind, KindRow } from './kind.ts';

interface KindsFile {
  kinds: Readonly<Record<string, KindRow>>;
}

/** What a source of kind `custom` says about its provider: the members of a row. */
export type CustomShape = Pick<KindRow, 'signature' | 'type' | 'id' | 'answer' | 'keep'>;

export interface Kinds {
  all: readonly Kind[];
  /** By its name or an alias. */
  find(name: string): Kind | undefined;
}

const schema: unknown = JSON.parse(
  readFileSync(new URL('kinds.schema.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
  allowUnionTypes: true,
});
ajv.addSchema(isSchema(schema) ? schema : {}, 'kinds');
const isKindsFile: ValidateFunction<KindsFile> = compile<KindsFile>('kinds');
const isCustomShape: ValidateFunction<CustomShape> = compile<CustomShape>('kinds#/$defs/custom');

/** The table. Read at start, so that a fault in it is found then. */
export const KINDS: Kinds = readKinds(
  parse(readFileSync(new URL('kinds.yaml', import.meta.url), 'utf8')),
);

/** @throws when a row is not as the schema has it, or names a kind that is not there */
export function readKinds(file: unknown): Kinds {
  if (!isKindsFile(file)) throw new Error(`kinds.yaml: ${problemsOf(isKindsFile.errors)}`);
  const byName = new Map<string, Kind>();
  for (const [name, row] of Object.entries(file.kinds)) {
    byName.set(name, { ...inherited(row, name, file), name });
  }
  const all = [...byName.values()];
  for (const kind of all) addAliases(byName, kind);
  for (const { name, also = [] } of all) {
    const unknown = also.find((other) => !byName.has(other));
    if (unknown !== undefined) throw new Error(`kinds.yaml: ${name} names ${unknown}`);
  }
  return { all, find: (name) => byName.get(name) };
}

/** The kind of a source that describes its provider itself, or why it cannot be. */
export function customKind(shape: unknown): Kind | { problem: string } {
  if (!isCustomShape(shape)) return { problem: problemsOf(isCustomShape.errors) };
  return { title: 'the provider', group: 'custom', facts: 'unverified', ...shape, name: 'custom' };
}

/** A row that is `like` another has what that one has, aliases and facts aside, and its own. */
function inherited(row: KindRow, name: string, { kinds }: KindsFile): KindRow {
  if (row.like === undefined) return row;
  const model = kinds[row.like];
  if (model === undefined || model.like !== undefined) {
    throw new Error(`kinds.yaml: ${name} is like ${row.like}, which is no row of its own`);
  }
  const { aliases: _, ...base } = model;
  return { ...base, ...row };
}

function addAliases(byName: Map<string, Kind>, kind: Kind): void {
  const aliases: [string, Alias][] = Object.entries(kind.aliases ?? {});
  for (const [alias, { title, facts }] of aliases) {
    if (byName.has(alias)) throw new Error(`kinds.yaml: ${alias} is there twice`);
    byName.set(alias, { ...kind, title, facts });
  }
}

function compile<Value>(reference: string): ValidateFunction<Value> {
  return ajv.compile<Value>({ $ref: reference });
}

function isSchema(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function problemsOf(errors: readonly ErrorObject[] | null | undefined): string {
  const texts = (errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  return texts.slice(0, 5).join('; ');
}
