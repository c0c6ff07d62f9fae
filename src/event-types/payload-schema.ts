import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Options, ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FieldError } from '../errors.ts';
import { describeError } from '../openapi/validation.ts';
import { everySchema, isObject, type JsonSchema } from './json-schema.ts';
import { ANNOTATIONS, findSchemaFaults } from './schema-rules.ts';
import { withinMs } from './time-box.ts';

/** A schema made ready to judge payloads. */
export type PayloadSchema = {
  /**
   * What is wrong with a payload; none, when it is what the schema says. Pointers are into the
   * payload. One that cannot be judged in time is wrong.
   *
   * @param bytes how long the payload is as text
   */
  findFaults(value: unknown, bytes: number): FieldError[];
};

/** Thrown for a schema that cannot be used. Pointers are into the schema. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly faults: readonly FieldError[];

  constructor(faults: readonly FieldError[], options?: ErrorOptions) {
    super('the schema cannot be used', options);
    this.faults = faults;
  }
}

const COMPILE_WITHIN_MS = 1_000;
const CHECK_WITHIN_MS = 100;
/** A type that took too long is not looked at again for this long: ten times what it has cost. */
const REST_MS = 1_000;
const MAX_FAULTS = 32;
/** Beyond this size of a payload only the first fault is told. */
const MAX_EXPLAINED_BYTES = 65_536;
/**
 * Schemas within the schema times the bytes of the payload: what checking can cost at most where
 * neither repeats itself. A million takes some 10 ms.
 */
const MAX_UNWATCHED_WORK = 1_000_000;
/** Keywords by which work may grow faster than schema times payload. */
const WATCHED = ['$ref', 'pattern', 'patternProperties', 'uniqueItems', 'contains'];
const QUICK_FORMATS = ['date', 'time', 'date-time', 'uuid', 'int32', 'int64', 'float', 'double'];

const UNTOLD: readonly FieldError[] = [{ pointer: '', detail: 'could not be checked in time' }];
const meta = new Ajv2020({ strict: false, logger: false });

/**
 * @throws SchemaError when it is no valid schema of draft 2020-12, reaches outside of itself, or
 * asks for more than a schema may
 */
export function compileSchema(schema: JsonSchema): PayloadSchema {
  const faults = findSchemaFaults(schema);
  if (faults.length > 0) throw new SchemaError(faults.slice(0, MAX_FAULTS));
  const validate = inTime(() => {
    const { $schema: _dialect, ...rest } = schema;
    if (!meta.validateSchema(rest)) throw new SchemaError((meta.errors ?? []).map(describeError));
    const compiled = compile(schema, false);
    // What recurses without end does so on anything.
    for (const value of [null, {}, [], '', 0]) compiled(value);
    return compiled;
  });
  return buildChecks(schema, validate);
}

function inTime(work: () => ValidateFunction): ValidateFunction {
  try {
    return withinMs(COMPILE_WITHIN_MS, work);
  } catch (error) {
    if (error instanceof SchemaError) throw error;
    const detail = error instanceof RangeError ? 'is too deep, or refers to itself without end'
      : (error as Error).message;
    throw new SchemaError([{ pointer: '', detail }], { cause: error });
  }
}

/** An Ajv for each schema: one that was cut off, or names itself, must not touch another. */
function compile(schema: JsonSchema, allErrors: boolean): ValidateFunction {
  const options: Options = {
    allErrors, strict: true, strictTypes: false, strictTuples: false, strictRequired: false,
    // Inlined, what is referred to twice at each of thirty levels becomes a billion schemas.
    inlineRefs: false,
    // Members that objects are born with, such as `constructor`, are not the payload's.
    ownProperties: true,
    meta: false, validateSchema: false, logger: false,
    // Ajv's own passes over its code take longer than all else, and V8 does the same ones.
    code: { optimize: false },
  };
  const ajv = new Ajv2020(options);
  addFormats.default(ajv);
  const own = everySchema(schema).flatMap(({ schema: one }) => Object.keys(isObject(one) ? one : {}));
  ajv.addVocabulary([...ANNOTATIONS, ...new Set(own.filter((keyword) => keyword.startsWith('x-')))]);
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return ajv.compile(rest);
}

function buildChecks(schema: JsonSchema, validate: ValidateFunction): PayloadSchema {
  const schemas = everySchema(schema);
  const isWatched = schemas.some(({ schema: one }) => isObject(one) && (
    WATCHED.some((keyword) => keyword in one)
    || (typeof one['format'] === 'string' && !QUICK_FORMATS.includes(one['format']))));
  let explain: ValidateFunction | undefined;
  let restsUntilMs = 0;

  function judge(value: unknown, bytes: number): FieldError[] {
    if (validate(value)) return [];
    if (bytes > MAX_EXPLAINED_BYTES) return (validate.errors ?? []).map(describeError);
    explain ??= compile(schema, true);
    explain(value);
    return (explain.errors ?? []).slice(0, MAX_FAULTS).map(describeError);
  }

  return {
    findFaults(value, bytes) {
      if (performance.now() < restsUntilMs) return [...UNTOLD];
      try {
        if (!isWatched && schemas.length * bytes <= MAX_UNWATCHED_WORK) return judge(value, bytes);
        return withinMs(CHECK_WITHIN_MS, () => judge(value, bytes));
      } catch (error) {
        if (error instanceof RangeError) return [{ pointer: '', detail: 'nests too deeply to be checked' }];
        restsUntilMs = performance.now() + REST_MS;
        return [...UNTOLD];
      }
    },
  };
}
