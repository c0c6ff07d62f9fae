import type { Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import type { DB } from '../database/tables.ts';
import { deleteFailures, deleteOrphanedFailures, findLongFailing } from './failures.repository.ts';

export type Failures = {
  /** Forgets the failures of subscriptions that are gone. */
  forgetOrphaned(): Promise<void>;
  /** Disables what has done nothing but fail for longer than a subscription may. */
  disableLongFailing(): Promise<void>;
};

export type FailuresDeps = {
  pool: Pool;
  logger: Logger;
  disableAfterFailingHours: number;
  /** Answers false when it is disabled already or gone. */
  disable(subscriptionId: string, reason: string): Promise<boolean>;
};

export function createFailures({
  pool,
  logger,
  disableAfterFailingHours,
  disable,
}: FailuresDeps): Failures {
  return {
    forgetOrphaned: () => deleteOrphanedFailures(pool),
    async disableLongFailing() {
      for (const { id, failingSince } of await findLongFailing(pool, disableAfterFailingHours)) {
        const reason = `Nothing but failures since ${failingSince.toISOString()}.`;
        if (await disable(id, reason)) {
          logger.warn({ subscription_id: id, reason }, 'subscription disabled');
        }
      }
    },
  };
}

/** Forgets since when a subscription has been failing, in a transaction that changes it. */
export function forgetFailures(trx: Transaction<DB>, subscriptionId: string): Promise<void> {
  return deleteFailures(trx, subscriptionId);
}
