import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import {
  findAttemptsSince,
  findDeliveriesById,
  findFedAttempts,
  type FedAttempt,
} from './attempt-feed.repository.ts';
import type { DeliveryRow } from './deliveries.repository.ts';

export type { DeliveryRow, FedAttempt };

/** Attempts and deliveries for those who watch, whatever their tenant. */
export type AttemptFeed = {
  /** Those that exist, in no order. */
  attempts(
    keys: readonly { readonly deliveryId: string; readonly attemptNumber: number }[],
  ): Promise<FedAttempt[]>;
  deliveries(ids: readonly string[]): Promise<DeliveryRow[]>;
  /** Attempts that ended since a moment, in the order in which they ended. */
  since(where: {
    tenant?: string | undefined;
    subscriptionId?: string | undefined;
    since: Date;
    limit: number;
  }): Promise<FedAttempt[]>;
};

export function createAttemptFeed({ db }: { db: Kysely<DB> }): AttemptFeed {
  return {
    attempts: (keys) => findFedAttempts(db, keys),
    deliveries: (ids) => findDeliveriesById(db, ids),
    since: (where) => findAttemptsSince(db, where),
  };
}
