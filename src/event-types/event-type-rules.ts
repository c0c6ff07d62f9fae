import { AppError, type FieldError } from '../base/errors.ts';
import { findBreakingChanges, type BreakingChange } from './compatibility.ts';
import type { EventType, EventTypeInput } from './event-type.ts';
import type { EventTypeValues } from './event-types.repository.ts';
import { isSameJson, type JsonSchema } from './json-schema.ts';
import { compileSchema, SchemaError, type PayloadSchema } from './payload-schema.ts';
import { TimeBoxError, withinMs } from './time-box.ts';

const MAX_EXAMPLE_BYTES = 65_536;
const COMPARE_WITHIN_MS = 1_000;

/** Where faults are: by default in the body of a request about one type. */
export type Pointers = { readonly schema: string; readonly example: string };
const OWN: Pointers = { schema: '/schema', example: '/example' };

/**
 * Checks what a type would become: its schema, the example by the schema, and that what is enforced
 * is there.
 *
 * @throws AppError `invalid_request` naming every fault
 */
export function assertAcceptable(
  before: EventType | undefined,
  input: EventTypeInput,
  pointers: Pointers = OWN,
): void {
  const schema = input.schema === undefined ? (before?.schema ?? null) : input.schema;
  const example = input.example === undefined ? (before?.example ?? null) : input.example;
  const enforce = input.enforce ?? before?.enforce ?? 'off';
  const errors = findTextFaults(input);
  if (enforce !== 'off' && schema === null) {
    errors.push({ pointer: pointers.schema, detail: `is required, because enforce is ${enforce}` });
  }
  const isLooked = input.schema !== undefined || input.example !== undefined;
  if (errors.length === 0 && isLooked) {
    const text = JSON.stringify(example);
    if (Buffer.byteLength(text) > MAX_EXAMPLE_BYTES)
      errors.push({ pointer: pointers.example, detail: 'is larger than 64 KiB' });
    else if (schema !== null) errors.push(...judge(schema, example, text, pointers));
  }
  const [first] = errors;
  if (first === undefined) return;
  throw new AppError('invalid_request', `The value of ${first.pointer} ${first.detail}.`, {
    errors,
  });
}

function judge(
  schema: JsonSchema,
  example: unknown,
  text: string,
  pointers: Pointers,
): FieldError[] {
  const within =
    (prefix: string) =>
    ({ pointer, detail }: FieldError) => ({ pointer: `${prefix}${pointer}`, detail });
  let compiled: PayloadSchema;
  try {
    compiled = compileSchema(schema);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return error.faults.map(within(pointers.schema));
  }
  return example === null ? [] : compiled.findFaults(text, example).map(within(pointers.example));
}

/** Postgres would refuse or change it; JSON is stored with such characters escaped. */
function findTextFaults({ description }: EventTypeInput): FieldError[] {
  if (typeof description !== 'string' || description.isWellFormed()) return [];
  return [{ pointer: '/description', detail: 'holds characters that no text may hold' }];
}

/** The parts of a change that break consumers. Both schemas must have been found acceptable. */
export function breaksOf(before: EventType, { schema }: EventTypeInput): BreakingChange[] {
  if (schema === undefined || isSameJson(before.schema, schema)) return [];
  try {
    return withinMs(COMPARE_WITHIN_MS, () => findBreakingChanges(before.schema, schema));
  } catch (error) {
    if (!(error instanceof TimeBoxError) && !(error instanceof RangeError)) throw error;
    return [{ pointer: '', detail: 'is too complex to be compared with the one before' }];
  }
}

/** The columns that change: another schema is another version. */
export function valuesOf(before: EventType | undefined, input: EventTypeInput): EventTypeValues {
  const { description, schema, example, deprecated, replaced_by, enforce } = input;
  const isOther =
    before !== undefined && schema !== undefined && !isSameJson(before.schema, schema);
  return {
    ...(description !== undefined && { description }),
    ...(schema !== undefined && { schema: stored(schema) }),
    ...(example !== undefined && { example: stored(example) }),
    ...(deprecated !== undefined && {
      deprecated_at: deprecated ? (before?.deprecated_at ?? new Date()) : null,
    }),
    ...(replaced_by !== undefined && { replaced_by }),
    ...(enforce !== undefined && { enforce }),
    ...(isOther && { version: before.version + 1 }),
  };
}

function stored(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
