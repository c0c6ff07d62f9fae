import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { createMemo } from '../base/memo.ts';
import type { Logger } from '../base/logger.ts';
import { listenForChanges } from '../database/change-listener.ts';
import { findEventType, findRules, type Rule } from './event-types.repository.ts';
import { compileSchema, type PayloadSchema } from './payload-schema.ts';

/** The types of a tenant that accepting has to know of, by name. */
export type Rules = ReadonlyMap<string, Rule>;

/** Catalogues as accepting needs them: from memory, else from the database. */
export type Catalogue = {
  /** From memory alone; undefined: not known. */
  peek(tenant: string): Rules | undefined;
  get(tenant: string): Promise<Rules>;
  /** Undefined when the type has just gone. @throws SchemaError when it cannot be used */
  schemaOf(tenant: string, rule: Rule): Promise<PayloadSchema | undefined>;
  /** To be called after a change has been committed. */
  forget(tenant: string): void;
  close(): Promise<void>;
};

export type CatalogueOptions = {
  db: Kysely<DB>;
  /** For the connection on which changes are announced. */
  databaseUrl: string;
  logger: Logger;
  /** Whether types that enforce nothing matter as well, for their names. */
  areAllWanted: boolean;
  maxTenants?: number;
  maxSchemas?: number;
};

const NO_RULES: Rules = new Map();

/**
 * Keeps nothing that could have missed a change: while changes are not announced, each look-up
 * reads the database. A compiled schema is kept by its version, whatever else changes.
 */
export function createCatalogue(options: CatalogueOptions): Catalogue {
  const { db, logger, areAllWanted, maxTenants = 100_000, maxSchemas = 500 } = options;
  const memo = createMemo<Rules>({ maxEntries: maxTenants });
  const schemas = createMemo<PayloadSchema>({ maxEntries: maxSchemas });
  const listener = listenForChanges({
    databaseUrl: options.databaseUrl,
    logger,
    channel: 'posthorn:event_type',
    warning:
      'not listening for changed event types; they are read from the database until it works',
    onChange: memo.delete,
    onGap: memo.clear,
  });

  const peek = (tenant: string) => (listener.isListening ? memo.get(tenant) : undefined);

  async function load(tenant: string): Promise<Rules> {
    const rows = await findRules(db, tenant, areAllWanted);
    return rows.length === 0 ? NO_RULES : new Map(rows.map((rule) => [rule.name, rule]));
  }

  async function get(tenant: string): Promise<Rules> {
    const known = peek(tenant) ?? memo.underWay(tenant);
    if (known !== undefined) return known;
    return memo.load(tenant, async (keep) => {
      const rules = await load(tenant);
      if (listener.isListening) keep(rules);
      return rules;
    });
  }

  async function schemaOf(tenant: string, rule: Rule): Promise<PayloadSchema | undefined> {
    const key = JSON.stringify([tenant, rule.name, rule.made, rule.version]);
    const known = schemas.get(key);
    if (known !== undefined) return known;
    const found = await findEventType(db, tenant, rule.name);
    if (!found?.schema) return undefined;
    const compiled = compileSchema(found.schema);
    // A newer one is used once and found under its own number the next time.
    if (found.version === rule.version) schemas.set(key, compiled);
    return compiled;
  }

  return { peek, get, schemaOf, forget: memo.delete, close: () => listener.close() };
}
