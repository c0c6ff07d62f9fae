import type { EventLogService } from '../log/event-log.service.ts';
import type { SubscriptionService } from '../subscriptions/subscriptions.service.ts';
import { unescapePointer } from '../base/json-pointer.ts';
import { parseExact, withDoubles } from '../json/exact-json.ts';
import { filterableEvent, parseFilter, type FilterableEvent } from '../matching/filter.ts';
import { explainFilter, type Explanation } from '../matching/filter-explanation.ts';

/** A filter of one's own, where null lets everything through, or a subscription's. */
export type FilterSource =
  | { readonly filter: Readonly<Record<string, unknown>> | null }
  | { readonly subscriptionId: string };

/** An event made up, whose payload may hold exact numbers, or one that was received. */
export type EventSource = { readonly event: FilterableEvent } | { readonly eventId: string };

export type FilterService = {
  /**
   * Whether an event passes a filter, and why or why not. `tenant` is the caller's, null for every
   * tenant: what belongs to another tenant does not exist.
   *
   * @throws AppError `subscription_not_found`, `event_not_found`
   * @throws FilterError when the filter is not valid
   */
  test(tenant: string | null, filter: FilterSource, event: EventSource): Promise<Explanation>;
};

export type FilterServiceDeps = {
  events: Pick<EventLogService, 'getContent'>;
  subscriptions: Pick<SubscriptionService, 'get'>;
};

export function createFilterService({ events, subscriptions }: FilterServiceDeps): FilterService {
  async function filterOf(tenant: string | null, source: FilterSource) {
    if ('filter' in source) return source.filter;
    return (await subscriptions.get(tenant, source.subscriptionId)).filter;
  }

  /** As a filter sees the event, and the payload as it was written. */
  async function eventOf(
    tenant: string | null,
    source: EventSource,
  ): Promise<{ event: FilterableEvent; shown: unknown }> {
    if ('event' in source) {
      const { payload } = source.event;
      return { event: { ...source.event, payload: withDoubles(payload) }, shown: payload };
    }
    const { event_type: type, payload, headers } = await events.getContent(tenant, source.eventId);
    return { event: filterableEvent({ type, payload, headers }), shown: readShown(payload) };
  }

  return {
    async test(tenant, filterSource, eventSource) {
      const given = await filterOf(tenant, filterSource);
      const filter = given === null ? null : parseFilter(withDoubles(given));
      const { event, shown } = await eventOf(tenant, eventSource);
      return filter === null
        ? { matches: true, conditions: [] }
        : asWritten(explainFilter(filter, event, shown), given);
    },
  };
}

/** With the operands as they stand in the filter, whose numbers may be more than doubles hold. */
function asWritten({ matches, conditions }: Explanation, filter: unknown): Explanation {
  return {
    matches,
    conditions: conditions.map((one) => ({ ...one, expected: itemAt(filter, one.pointer) })),
  };
}

function itemAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map(unescapePointer)
    .reduce((item, name) => (item as Readonly<Record<string, unknown>>)[name], value);
}

function readShown(payload: string): unknown {
  try {
    return parseExact(payload);
  } catch {
    return undefined;
  }
}
