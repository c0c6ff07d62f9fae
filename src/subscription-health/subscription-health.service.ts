import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { findSubscriptionState, type SubscriptionState } from './lane-states.repository.ts';

export type SubscriptionHealth = {
  /** How delivering to a subscription goes, over all workers. */
  stateOf(subscriptionId: string): Promise<SubscriptionState>;
};

export function createSubscriptionHealth({ db }: { db: Kysely<DB> }): SubscriptionHealth {
  return { stateOf: (subscriptionId) => findSubscriptionState(db, subscriptionId) };
}
