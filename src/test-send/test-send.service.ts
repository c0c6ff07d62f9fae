import type { Pool } from 'pg';
import { withPartitions } from '../database/partitions.ts';
import { AppError } from '../base/errors.ts';
import { createEventId } from '../ids/event-id.ts';
import { OWN_API, type OwnAddress } from '../sender/own-address.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import type { AttemptService } from '../attempts/attempt.service.ts';
import { insertTestDelivery } from './test-send.repository.ts';

export type TestSendService = {
  /**
   * Sends a sample event to a subscription's target once, whatever its status and event types, and
   * logs it like any other delivery. Resolves with the delivery's id when the attempt is recorded.
   *
   * @throws AppError `subscription_not_found`, `forbidden_target`
   */
  send(tenant: string | null, subscriptionId: string): Promise<string>;
};

export type TestSendDeps = {
  pool: Pool;
  directory: SubscriptionDirectory;
  ownAddress: Pick<OwnAddress, 'isOwnApi'>;
  attempts: AttemptService;
  /** Unix time in milliseconds. */
  now(): number;
};

const EVENT_TYPE = 'posthorn.test';
const NEVER_AGAIN = 'none';

export function createTestSendService(deps: TestSendDeps): TestSendService {
  const { pool, directory, ownAddress, attempts, now } = deps;
  return {
    async send(tenant, subscriptionId) {
      const subscription = await directory.get(subscriptionId);
      if (subscription === undefined || (tenant !== null && subscription.tenant !== tenant)) {
        throw new AppError('subscription_not_found', 'There is no such subscription.');
      }
      if (ownAddress.isOwnApi(new URL(subscription.targetUrl))) {
        throw new AppError('forbidden_target', `The target was refused: ${OWN_API}.`);
      }
      const eventId = createEventId(now());
      const payload = JSON.stringify({
        type: EVENT_TYPE,
        timestamp: new Date(now()).toISOString(),
        data: { subscription_id: subscriptionId, message: 'Posthorn can reach this endpoint.' },
      });
      const event = { id: eventId, tenant: subscription.tenant, eventType: EVENT_TYPE, payload };
      const id = await withPartitions(pool, () => insertTestDelivery(pool, event, subscriptionId));
      const attempt = await attempts.send(
        {
          id,
          tenant: subscription.tenant,
          eventId,
          subscriptionId,
          subscriptionVersion: subscription.version,
          attemptCount: 0,
          attemptBase: 0,
          eventType: EVENT_TYPE,
          isNextInOrder: true,
          payload,
          headers: null,
        },
        { ...subscription, retrySchedule: NEVER_AGAIN },
      );
      await attempts.conclude(attempt);
      return id;
    },
  };
}
