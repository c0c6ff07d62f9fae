import { AppError } from '../base/errors.ts';

/**
 * Operational events. Subscribers ask for them by name or by a wildcard that begins with the
 * prefix; subscriptions to everything do not get them.
 */
export const OPERATIONAL_PREFIX = 'posthorn.';

/** An event type that somebody sends, and where in the request it stands. */
export type StatedEventType = { readonly eventType: string; readonly pointer: string };

/** Receivers trust what begins so, in whatever case they compare it, to come from Posthorn itself. */
export function isReserved(eventType: string): boolean {
  return eventType.slice(0, OPERATIONAL_PREFIX.length).toLowerCase() === OPERATIONAL_PREFIX;
}

/**
 * Refuses types that are for Posthorn's own events: anyone who may publish could otherwise forge an
 * alert, and it would be delivered signed.
 *
 * @throws AppError `reserved_event_type`
 */
export function assertNotReserved(stated: readonly StatedEventType[]): void {
  const reserved = stated.filter(({ eventType }) => isReserved(eventType));
  if (reserved.length === 0) return;
  throw new AppError(
    'reserved_event_type',
    `Event types that begin with ${OPERATIONAL_PREFIX} are for Posthorn's own events; use another name.`,
    {
      errors: reserved.map(({ pointer }) => ({
        pointer,
        detail: `must not begin with ${OPERATIONAL_PREFIX}, in any case`,
      })),
    },
  );
}
