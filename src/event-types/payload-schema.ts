import { messageOf } from '../base/thrown.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Options, ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FieldError } from '../base/errors.ts';
import { describeError } from '../openapi/validation.ts';
import { mayBeInexact, parseSourced, withDoubles, type ExactNumbers } from '../json/exact-json.ts';
import { useExactNumbers, type Numbers } from './exact-keywords.ts';
import { everySchema, isObject, type JsonSchema } from './json-schema.ts';
import { ANNOTATIONS, findSchemaFaults } from './schema-rules.ts';
import { withinMs } from './time-box.ts';

/** A schema made ready to judge payloads. */
export type PayloadSchema = {
  /**
   * The faults of a payload; none, when it matches the schema. Pointers are into the
   * payload. One that cannot be judged in time is wrong. Numbers are judged as they are written.
   *
   * @param value what JSON.parse makes of the text
   */
  findFaults(text: string, value: unknown): FieldError[];
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
/** Beyond this size of a payload only the first fault is reported. */
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
const NO_NUMBERS: ExactNumbers = new Map();
const meta = new Ajv2020({ strict: false, logger: false });

/**
 * @throws SchemaError when it is no valid schema of draft 2020-12, reaches outside of itself, or
 * asks for more than a schema may
 */
export function compileSchema(schema: JsonSchema): PayloadSchema {
  const faults = findSchemaFaults(schema);
  if (faults.length > 0) throw new SchemaError(faults.slice(0, MAX_FAULTS));
  const numbers: Numbers = { current: NO_NUMBERS };
  // The first call compiles the draft's own schemas, whose time is not the caller's.
  meta.validateSchema({});
  const validate = inTime(() => {
    const { $schema: _dialect, ...rest } = schema;
    if (!meta.validateSchema(withDoubles(rest) as JsonSchema))
      throw new SchemaError((meta.errors ?? []).map(describeError));
    const compiled = compile(schema, false, numbers);
    // An endless recursion is endless on any payload.
    for (const value of [null, {}, [], '', 0]) compiled(value);
    return compiled;
  });
  return buildChecks(schema, validate, numbers);
}

function inTime(work: () => ValidateFunction): ValidateFunction {
  try {
    return withinMs(COMPILE_WITHIN_MS, work);
  } catch (error) {
    if (error instanceof SchemaError) throw error;
    const detail =
      error instanceof RangeError
        ? 'is too deep, or refers to itself without end'
        : messageOf(error);
    throw new SchemaError([{ pointer: '', detail }], { cause: error });
  }
}

/** An Ajv for each schema: one that was cut off, or names itself, must not touch another. */
function compile(schema: JsonSchema, allErrors: boolean, numbers: Numbers): ValidateFunction {
  const options: Options = {
    allErrors,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    // Inlined, what is referred to twice at each of thirty levels becomes a billion schemas.
    inlineRefs: false,
    // Members that objects are born with, such as `constructor`, are not the payload's.
    ownProperties: true,
    meta: false,
    validateSchema: false,
    logger: false,
    // Ajv's own passes over its code take longer than all else, and V8 does the same ones.
    code: { optimize: false },
  };
  const ajv = new Ajv2020(options);
  addFormats.default(ajv);
  useExactNumbers(ajv, numbers);
  const own = everySchema(schema).map(({ schema: one }) => (isObject(one) ? one : {}));
  const keywords = own.flatMap(Object.keys).filter((keyword) => keyword.startsWith('x-'));
  ajv.addVocabulary([...ANNOTATIONS, ...new Set(keywords)]);
  for (const { format } of own) {
    // Formats are open to anybody to add to; what is not known says something to people alone.
    if (typeof format === 'string' && !Object.hasOwn(ajv.formats, format))
      ajv.addFormat(format, true);
  }
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return ajv.compile(rest);
}

function buildChecks(
  schema: JsonSchema,
  validate: ValidateFunction,
  numbers: Numbers,
): PayloadSchema {
  const schemas = everySchema(schema);
  const isWatched = schemas.some(
    ({ schema: one }) =>
      isObject(one) &&
      (WATCHED.some((keyword) => keyword in one) ||
        (typeof one['format'] === 'string' && !QUICK_FORMATS.includes(one['format']))),
  );
  let explain: ValidateFunction | undefined;
  let restsUntilMs = 0;

  function judge(value: unknown, bytes: number, holder?: object): FieldError[] {
    const place = holder && {
      instancePath: '',
      parentData: holder,
      parentDataProperty: '',
      rootData: value as object,
      dynamicAnchors: {},
    };
    if (validate(value, place)) return [];
    if (bytes > MAX_EXPLAINED_BYTES) return (validate.errors ?? []).map(describeError);
    explain ??= compile(schema, true, numbers);
    explain(value, place);
    return (explain.errors ?? []).slice(0, MAX_FAULTS).map(describeError);
  }

  /** Takes several times as long, which few payloads need. */
  function judgeExactly(text: string, bytes: number): FieldError[] {
    const { value, holder, numbers: current } = parseSourced(text);
    numbers.current = current;
    return judge(value, bytes, holder);
  }

  return {
    findFaults(text, value) {
      if (performance.now() < restsUntilMs) return [...UNTOLD];
      const bytes = Buffer.byteLength(text);
      try {
        if (mayBeInexact(text)) return withinMs(CHECK_WITHIN_MS, () => judgeExactly(text, bytes));
        if (!isWatched && schemas.length * bytes <= MAX_UNWATCHED_WORK) return judge(value, bytes);
        return withinMs(CHECK_WITHIN_MS, () => judge(value, bytes));
      } catch (error) {
        if (error instanceof RangeError)
          return [{ pointer: '', detail: 'nests too deeply to be checked' }];
        restsUntilMs = performance.now() + REST_MS;
        return [...UNTOLD];
      } finally {
        // Work that was cut off has cleaned nothing up.
        numbers.current = NO_NUMBERS;
      }
    },
  };
}
