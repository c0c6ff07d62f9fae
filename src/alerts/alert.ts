import { OPERATIONAL_PREFIX } from '../event-types/reserved-event-type.ts';

type OfSubscription = {
  readonly tenant: string;
  readonly subscription_id: string;
  readonly at: string;
};

/** The payload of the job `alert`: JSON, written by the triggers of the tables concerned. */
export type Alert =
  | (OfSubscription & {
      readonly type: 'posthorn.subscription.disabled';
      readonly version: number;
      readonly reason: string;
    })
  | (OfSubscription & {
      readonly type: 'posthorn.subscription.failing' | 'posthorn.subscription.recovered';
      readonly failing_since: string;
      readonly failures: number;
    });

/** A delivery that has ended as failed. */
export type FailedDelivery = {
  readonly type: 'posthorn.delivery.failed';
  readonly tenant: string;
  readonly subscription_id: string;
  readonly delivery_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly attempt_count: number;
  readonly reason: string | null;
  readonly status_code: number | null;
  readonly error: { readonly kind: string; readonly message: string } | null;
  readonly at: string;
};

/** Whether an event is operational; failures of its deliveries raise no further ones. */
export function isOperational(eventType: string): boolean {
  return eventType.startsWith(OPERATIONAL_PREFIX);
}

/** The same for the same occurrence, however often it is reported. */
export function alertKey(alert: Alert | FailedDelivery): string {
  switch (alert.type) {
    case 'posthorn.delivery.failed':
      return `${alert.type} ${alert.delivery_id} ${alert.attempt_count}`;
    case 'posthorn.subscription.disabled':
      return `${alert.type} ${alert.subscription_id} ${alert.version}`;
    default:
      return `${alert.type} ${alert.subscription_id} ${alert.at}`;
  }
}
