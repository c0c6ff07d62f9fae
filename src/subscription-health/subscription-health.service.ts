import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { findDeliveryState, type DeliveryState } from './lane-states.repository.ts';

export type SubscriptionHealth = {
  /** How delivering to a subscription goes, over all workers. */
  stateOf(subscriptionId: string): Promise<DeliveryState>;
};

export function createSubscriptionHealth({ db }: { db: Kysely<DB> }): SubscriptionHealth {
  return { stateOf: (subscriptionId) => findDeliveryState(db, subscriptionId) };
}
