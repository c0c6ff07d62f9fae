import { AppError, type FieldError } from '../base/errors.ts';
import { exactBody } from '../http/json-body.ts';
import type { Handlers, InputOf } from '../http/contract.ts';
import type { Explanation } from '../matching/filter-explanation.ts';
import { findFilterFaults } from '../matching/filter-faults.ts';
import type { EventSource, FilterService, FilterSource } from './filters.service.ts';

type Body = InputOf<'testFilter'>['body'];

export function filterHandlers(deps: { filters: FilterService }): Pick<Handlers, 'testFilter'> {
  return {
    async testFilter({ body, principal, request }) {
      assertAcceptable(body);
      const exact = exactBody(request, body);
      const explanation = await deps.filters.test(
        principal.tenant,
        filterSource(exact),
        eventSource(exact),
      );
      return { status: 200, body: toResource(explanation) };
    },
  };
}

function assertAcceptable(body: Body): void {
  const errors = [
    ...oneOf(body, 'filter', 'subscription_id'),
    ...oneOf(body, 'event', 'event_id'),
    ...findFilterFaults(body.filter),
  ];
  const [first] = errors;
  if (first === undefined) return;
  throw new AppError('invalid_request', `The value of ${first.pointer} ${first.detail}.`, {
    errors,
  });
}

function oneOf(body: Body, own: keyof Body, stored: keyof Body): FieldError[] {
  const given = [own, stored].filter((name) => body[name] !== undefined);
  if (given.length === 1) return [];
  return given.length === 0
    ? [{ pointer: `/${own}`, detail: `is required, unless ${stored} is given` }]
    : [{ pointer: `/${stored}`, detail: `must not be given together with ${own}` }];
}

function filterSource({ filter, subscription_id: subscriptionId }: Body): FilterSource {
  return subscriptionId === undefined ? { filter: filter ?? null } : { subscriptionId };
}

function eventSource({ event, event_id: eventId }: Body): EventSource {
  if (event === undefined) return { eventId: eventId as string };
  const { event_type: type, payload, headers = null } = event;
  return { event: { type, payload, headers } };
}

function toResource({ matches, conditions }: Explanation) {
  return {
    matches,
    explanation: conditions.map((condition) => ({ ...condition, actual: [...condition.actual] })),
  };
}
