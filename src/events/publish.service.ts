import { createHash } from 'node:crypto';
import type { AcceptService } from './accept.service.ts';
import type { NewEvent } from './event.ts';

export type Publish = {
  readonly tenant: string;
  readonly events: readonly NewEvent[];
  readonly idempotencyKey?: string | undefined;
  /** The sender's W3C trace context. */
  readonly traceparent?: string | undefined;
};

export type Published = { readonly id: string; readonly deliveries: number };

export type PublishService = {
  /**
   * Fans events out to every subscription of the tenant that wants them. Resolves, in order,
   * once all are committed; all are or none is.
   *
   * @throws AppError `idempotency_conflict`, `overloaded`
   */
  publish(request: Publish): Promise<Published[]>;
};

export function createPublishService({ accept }: { accept: AcceptService }): PublishService {
  return {
    async publish({ tenant, events, idempotencyKey, traceparent }) {
      const answers = await accept.accept({
        tenant,
        events,
        traceparent,
        idempotency:
          idempotencyKey === undefined
            ? undefined
            : { key: idempotencyKey, requestHash: hashEvents(events) },
      });
      return answers.map(({ eventId, deliveryCount }) => ({
        id: eventId as string,
        deliveries: deliveryCount,
      }));
    },
  };
}

function hashEvents(events: readonly NewEvent[]): string {
  const hash = createHash('sha256');
  for (const { eventType, payload, orderingKey, headers } of events) {
    hash.update(`${eventType}\n${payload}\n${JSON.stringify([orderingKey, headers])}\n`);
  }
  return hash.digest('hex');
}
