import { pascal } from './names.ts';

export type Schema = Readonly<Record<string, any>>;

/** What a schema says, as far as the type systems of the three languages have a word for it. */
export type Type = { readonly isNullable: boolean } & (
  | { readonly kind: 'string' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'any' }
  | { readonly kind: 'literal'; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'array' | 'map'; readonly items: Type }
  | { readonly kind: 'union'; readonly of: readonly Type[] }
);

export type Field = {
  readonly name: string;
  readonly type: Type;
  readonly isRequired: boolean;
  readonly doc: string;
  /** Whether '', 0, false or an empty list is a value that the schema allows. */
  readonly allowsZero: boolean;
};

export type Declaration = { readonly name: string; readonly doc: string } & (
  | { readonly kind: 'object'; readonly fields: readonly Field[] }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'union'; readonly type: Type }
);

export type Types = {
  /** @param name what an object that has no name of its own is called */
  readonly read: (schema: Schema, name: string) => Type;
  readonly declarations: () => readonly Declaration[];
  /** Those that are reached from these types. */
  readonly reach: (types: readonly Type[]) => ReadonlySet<string>;
};

const REF = '#/components/schemas/';

/** Reads every schema of the document's components, and those that are written in place. */
export function readTypes(schemas: Readonly<Record<string, Schema>>): Types {
  const declared = new Map<string, Declaration>();
  /** References being read, so that an alias of itself ends. */
  const open = new Set<string>();

  function target(schema: Schema): Schema {
    const found = schemas[String(schema['$ref']).slice(REF.length)];
    if (found === undefined) throw new Error(`there is no ${schema['$ref']}`);
    return found;
  }

  function readReference(schema: Schema): Type {
    const name = String(schema['$ref']).slice(REF.length);
    if (declared.has(name)) return { kind: 'named', name, isNullable: isNullable(target(schema)) };
    if (open.has(name)) {
      const kind = kindOf(target(schema));
      return kind === undefined
        ? { kind: 'any', isNullable: false }
        : { kind: 'named', name, isNullable: isNullable(target(schema)) };
    }
    open.add(name);
    try {
      return read(target(schema), name, true);
    } finally {
      open.delete(name);
    }
  }

  /** The objects that a schema puts together, in order; undefined where it is anything else. */
  function parts(schema: Schema): Schema[] | undefined {
    if (schema['$ref'] !== undefined) return parts(target(schema));
    if (schema['allOf'] !== undefined) {
      const all = (schema['allOf'] as Schema[]).map(parts);
      const own = schema['properties'] === undefined ? [] : [schema];
      return all.includes(undefined) ? undefined : [...(all as Schema[][]).flat(), ...own];
    }
    const isOpen =
      typeof schema['additionalProperties'] === 'object' ||
      schema['additionalProperties'] === true ||
      schema['patternProperties'] !== undefined;
    return schema['properties'] !== undefined && !isOpen ? [schema] : undefined;
  }

  function kindOf(schema: Schema): Declaration['kind'] | undefined {
    if (parts(schema) !== undefined) return 'object';
    const values = schema['enum'] as unknown[] | undefined;
    if (values !== undefined) {
      const named = values.filter((value) => value !== null);
      return named.every((value) => typeof value === 'string') ? 'enum' : undefined;
    }
    return variants(schema).length > 1 ? 'union' : undefined;
  }

  function declare(declaration: Declaration): void {
    if (declared.has(declaration.name)) throw new Error(`two types are called ${declaration.name}`);
    declared.set(declaration.name, declaration);
  }

  function readFields(objects: readonly Schema[], name: string): Field[] {
    const fields = new Map<string, Field>();
    for (const { properties, required = [] } of objects) {
      for (const [key, schema] of Object.entries(properties as Record<string, Schema>)) {
        const resolved = schema['$ref'] === undefined ? schema : { ...target(schema), ...schema };
        fields.set(key, {
          name: key,
          type: read(schema, name + pascal(key)),
          isRequired: (required as string[]).includes(key),
          doc: String(resolved['description'] ?? ''),
          allowsZero: allowsZero(resolved),
        });
      }
    }
    return [...fields.values()];
  }

  /** @param isNamed whether `name` is the schema's own rather than made up */
  function read(schema: Schema, name: string, isNamed = false): Type {
    if (typeof schema !== 'object') return { kind: 'any', isNullable: false };
    if (schema['$ref'] !== undefined) return readReference(schema);
    const doc = String(schema['description'] ?? '');
    const objects = parts(schema);
    if (objects !== undefined) {
      const free =
        isNamed || (schemas[name] === undefined && !declared.has(name)) ? name : `${name}Value`;
      declare({ kind: 'object', name: free, doc, fields: readFields(objects, free) });
      return { kind: 'named', name: free, isNullable: isNullable(schema) };
    }
    if (schema['allOf']?.length === 1) return read(schema['allOf'][0], name);
    if (isNamed && kindOf(schema) === 'enum') {
      const values = (schema['enum'] as (string | null)[]).filter((value) => value !== null);
      declare({ kind: 'enum', name, doc, values });
      return { kind: 'named', name, isNullable: isNullable(schema) };
    }
    const type = readPlain(schema, name);
    if (!isNamed || type.kind !== 'union') return type;
    declare({ kind: 'union', name, doc, type: { ...type, isNullable: false } });
    return { kind: 'named', name, isNullable: type.isNullable };
  }

  function readPlain(schema: Schema, name: string): Type {
    const nullable = { isNullable: isNullable(schema) };
    const values = schema['const'] === undefined ? schema['enum'] : [schema['const']];
    if (values !== undefined) {
      return {
        kind: 'literal',
        values: values.filter((value: unknown) => value !== null),
        ...nullable,
      };
    }
    const of = variants(schema);
    if (of.length === 1) return { ...read(of[0] as Schema, name), ...nullable };
    if (of.length > 1) {
      const types = of.map((variant, index) => read(variant, `${name}${index + 1}`));
      return { kind: 'union', of: types, ...nullable };
    }
    switch (([schema['type']].flat() as string[]).find((type) => type !== 'null')) {
      case 'string':
        return { kind: schema['format'] === 'date-time' ? 'timestamp' : 'string', ...nullable };
      case 'integer':
        return { kind: 'integer', ...nullable };
      case 'number':
        return { kind: 'number', ...nullable };
      case 'boolean':
        return { kind: 'boolean', ...nullable };
      case 'array':
        return { kind: 'array', items: read(schema['items'] ?? {}, `${name}Item`), ...nullable };
      case 'object': {
        const isClosed = schema['properties'] === undefined;
        const items = isClosed ? (schema['additionalProperties'] ?? {}) : {};
        return { kind: 'map', items: read(items, `${name}Value`), ...nullable };
      }
      default:
        return { kind: 'any', isNullable: false };
    }
  }

  function reach(types: readonly Type[]): ReadonlySet<string> {
    const seen = new Set<string>();
    const visit = (type: Type): void => {
      if (type.kind === 'array' || type.kind === 'map') visit(type.items);
      if (type.kind === 'union') type.of.forEach(visit);
      if (type.kind !== 'named' || seen.has(type.name)) return;
      seen.add(type.name);
      const declaration = declared.get(type.name);
      if (declaration?.kind === 'object') declaration.fields.forEach((field) => visit(field.type));
      if (declaration?.kind === 'union') visit(declaration.type);
    };
    types.forEach(visit);
    return seen;
  }

  for (const name of Object.keys(schemas)) readReference({ $ref: REF + name });
  return {
    read: (schema, name) => read(schema, name),
    declarations: () => [...declared.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    reach,
  };
}

function variants(schema: Schema): Schema[] {
  const several = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined;
  if (several !== undefined) return several.filter(({ type }) => type !== 'null');
  const types = ([schema['type']].flat() as string[]).filter((type) => type !== 'null');
  return types.length > 1 ? types.map((type) => ({ ...schema, type })) : [];
}

function isNullable(schema: Schema): boolean {
  const several = (schema['oneOf'] ?? schema['anyOf'] ?? []) as Schema[];
  return [schema['type']].flat().includes('null') || several.some(({ type }) => type === 'null');
}

function allowsZero({ type, minLength, format, enum: values, minimum, minItems }: Schema): boolean {
  const types = [type].flat();
  if (types.includes('string')) {
    return !(minLength > 0) && format === undefined && values === undefined;
  }
  if (types.includes('integer') || types.includes('number')) return !(minimum > 0);
  return !(types.includes('array') && minItems > 0);
}
