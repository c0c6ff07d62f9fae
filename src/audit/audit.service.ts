import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DB } from '../database/tables.ts';
import type { Logger } from '../base/logger.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import {
  deleteEntries,
  findEntries,
  insertEntry,
  type AuditEntry,
  type AuditFilter,
} from './audit.repository.ts';

export type { AuditEntry, AuditFilter } from './audit.repository.ts';

export type AuditService = {
  /** Never rejects: what has been done is not undone for want of its entry. */
  record(entry: Omit<AuditEntry, 'id' | 'created_at'>): Promise<void>;
  /** Whose a subscription is; undefined when there is none, or it cannot be found out. */
  tenantOfSubscription(id: string): Promise<string | undefined>;
  list(
    filter: AuditFilter,
    page: { limit: number; beforeId?: string | undefined },
  ): Promise<AuditEntry[]>;
};

export type AuditServiceDeps = {
  db: Kysely<DB>;
  directory: Pick<SubscriptionDirectory, 'get'>;
  logger: Logger;
};

export function createAuditService({ db, directory, logger }: AuditServiceDeps): AuditService {
  return {
    async record(entry) {
      try {
        await insertEntry(db, entry);
      } catch (err) {
        const { operation, status, tenant, request_id } = entry;
        logger.error(
          { err, operation, status_code: status, tenant, request_id },
          'a call could not be written to the audit log',
        );
      }
    },

    async tenantOfSubscription(id) {
      const subscription = await directory.get(id).catch(() => undefined);
      return subscription?.tenant;
    },

    list: (filter, page) => findEntries(db, filter, page),
  };
}

const BATCH = 5_000;

/** Forgets what is older than `retentionDays`. */
export async function forgetAudit(pool: Pool, retentionDays: number): Promise<void> {
  let count: number;
  do count = await deleteEntries(pool, retentionDays, BATCH);
  while (count === BATCH);
}
