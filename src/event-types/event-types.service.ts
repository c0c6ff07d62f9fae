import { setImmediate as turn } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import type { Catalogue } from './catalogue.ts';
import type { BreakingChange } from './compatibility.ts';
import { MAX_EVENT_TYPES, type EventType, type EventTypeInput } from './event-type.ts';
import { assertAcceptable, breaksOf, valuesOf } from './event-type-rules.ts';
import {
  deleteEventType,
  findEventType,
  findEventTypes,
  insertEventType,
  lockCatalogue,
  lockEventType,
  setEventType,
  type EventTypeFilter,
} from './event-types.repository.ts';
import { isSameJson } from './json-schema.ts';
import { pointTo, type DescribedType } from './openapi-webhooks.ts';

export type Imported = {
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged';
  readonly breaking: readonly BreakingChange[];
};

/** A type of another tenant, whose name the caller gives, is one that does not exist. */
export type EventTypeService = {
  /** @throws AppError `invalid_request`, `event_type_exists` */
  create(tenant: string, name: string, input: EventTypeInput): Promise<EventType>;
  list(
    filter: EventTypeFilter,
    page: { limit: number; after?: readonly [tenant: string, name: string] | undefined },
  ): Promise<EventType[]>;
  /** All of a tenant's, by name. */
  listAll(tenant: string): Promise<EventType[]>;
  /** @throws AppError `event_type_not_found` */
  get(tenant: string, name: string): Promise<EventType>;
  /**
   * Sets what is named and leaves the rest.
   *
   * @throws AppError `event_type_not_found`, `invalid_request`, `breaking_change`
   */
  update(
    tenant: string,
    name: string,
    input: EventTypeInput,
    options: { allowBreaking: boolean },
  ): Promise<EventType>;
  /** @throws AppError `event_type_not_found` */
  delete(tenant: string, name: string): Promise<void>;
  /**
   * Brings the types named to what is described, all or none.
   *
   * @throws AppError `invalid_request`, `breaking_change`
   */
  import(
    tenant: string,
    types: readonly DescribedType[],
    options: { allowBreaking: boolean; isDryRun: boolean },
  ): Promise<Imported[]>;
};

export type EventTypeServiceDeps = { db: Kysely<DB>; catalogue: Pick<Catalogue, 'forget'> };

export function createEventTypeService({ db, catalogue }: EventTypeServiceDeps): EventTypeService {
  return {
    async create(tenant, name, input) {
      assertAcceptable(undefined, input);
      const created = await db.transaction().execute(async (trx) => {
        assertRoom(await lockCatalogue(trx, tenant), 1);
        return insertEventType(trx, { tenant, name }, valuesOf(undefined, input));
      });
      catalogue.forget(tenant);
      return created;
    },

    list: (filter, page) => findEventTypes(db, filter, page),

    listAll: (tenant) => findEventTypes(db, { tenant }, { limit: MAX_EVENT_TYPES }),

    async get(tenant, name) {
      return (await findEventType(db, tenant, name)) ?? notFound();
    },

    async update(tenant, name, input, { allowBreaking }) {
      const changed = await db.transaction().execute(async (trx) => {
        const before = (await lockEventType(trx, tenant, name)) ?? notFound();
        if (Object.keys(input).length === 0) return before;
        assertAcceptable(before, input);
        const breaking = breaksOf(before, input);
        if (breaking.length > 0 && !allowBreaking)
          throw breakingChange(prefixed('/schema', breaking));
        return setEventType(trx, before, valuesOf(before, input));
      });
      catalogue.forget(tenant);
      return changed;
    },

    async delete(tenant, name) {
      if (!(await deleteEventType(db, tenant, name))) notFound();
      catalogue.forget(tenant);
    },

    async import(tenant, types, options) {
      const imported = await db
        .transaction()
        .execute((trx) => importAll(trx, { tenant, types, ...options }));
      if (!options.isDryRun) catalogue.forget(tenant);
      return imported;
    },
  };
}

type Import = {
  readonly tenant: string;
  readonly types: readonly DescribedType[];
  readonly allowBreaking: boolean;
  readonly isDryRun: boolean;
};

async function importAll(trx: Transaction<DB>, work: Import): Promise<Imported[]> {
  const { tenant, types, allowBreaking, isDryRun } = work;
  const count = await lockCatalogue(trx, tenant);
  const known = new Map(
    (await findEventTypes(trx, { tenant }, { limit: MAX_EVENT_TYPES })).map((type) => [
      type.name,
      type,
    ]),
  );
  assertRoom(count, types.filter(({ name }) => !known.has(name)).length);
  const imported: Imported[] = [];
  const breaking: BreakingChange[] = [];
  for (const type of types) {
    // Compiling hundreds of schemas must not keep everyone else waiting.
    await turn();
    const input = inputOf(type);
    const before = known.get(type.name);
    if (before !== undefined && isUnchanged(before, type)) {
      imported.push({ name: type.name, action: 'unchanged', breaking: [] });
      continue;
    }
    assertAcceptable(before, input, pointTo(type));
    const breaks = before === undefined ? [] : breaksOf(before, input);
    breaking.push(...prefixed(pointTo(type).schema, breaks));
    imported.push({
      name: type.name,
      action: before === undefined ? 'created' : 'updated',
      breaking: breaks,
    });
    if (isDryRun) continue;
    const values = valuesOf(before, input);
    if (before === undefined) await insertEventType(trx, { tenant, name: type.name }, values);
    else await setEventType(trx, before, values);
  }
  if (breaking.length > 0 && !allowBreaking && !isDryRun) throw breakingChange(breaking);
  return imported;
}

function inputOf({ description, schema, example, deprecated }: DescribedType): EventTypeInput {
  return { description, schema, example, deprecated };
}

function isUnchanged(before: EventType, type: DescribedType): boolean {
  return (
    before.description === type.description &&
    (before.deprecated_at !== null) === type.deprecated &&
    isSameJson(before.schema, type.schema) &&
    isSameJson(before.example, type.example)
  );
}

function assertRoom(count: number, more: number): void {
  if (count + more <= MAX_EVENT_TYPES) return;
  throw new AppError('invalid_request', `A tenant has at most ${MAX_EVENT_TYPES} event types.`);
}

function prefixed(prefix: string, changes: readonly BreakingChange[]): BreakingChange[] {
  return changes.map(({ pointer, detail }) => ({ pointer: `${prefix}${pointer}`, detail }));
}

function breakingChange(errors: readonly BreakingChange[]): AppError {
  return new AppError(
    'breaking_change',
    'The change breaks consumers; allow_breaking=true makes it all the same.',
    { errors },
  );
}

function notFound(): never {
  throw new AppError('event_type_not_found', 'There is no such event type.');
}
