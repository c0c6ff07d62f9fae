import type { DeliveryStatus } from '../queue/delivery.ts';

/** The filter of a reader; absent members do not restrict it. */
export type StreamFilter = {
  readonly tenant?: string | undefined;
  readonly subscription_id?: string | undefined;
  readonly event_type?: string | undefined;
  /** Of the delivery, or where an attempt has left it. */
  readonly status?: DeliveryStatus | undefined;
};

/** The parts of an event that a filter evaluates. */
export type StreamSubject = {
  readonly tenant: string;
  readonly subscription_id: string;
  readonly event_type: string;
  readonly status: DeliveryStatus;
};

export function passes(filter: StreamFilter, subject: StreamSubject): boolean {
  return (
    (filter.tenant === undefined || filter.tenant === subject.tenant) &&
    (filter.subscription_id === undefined || filter.subscription_id === subject.subscription_id) &&
    (filter.event_type === undefined || filter.event_type === subject.event_type) &&
    (filter.status === undefined || filter.status === subject.status)
  );
}

/** Where an attempt has left its delivery. */
export const STATUS_AFTER = {
  success: 'delivered',
  failed_attempt: 'pending',
  failure: 'failed',
} as const;
