import { createApiClient, type Query, type Schemas } from './api-client.ts';
import type { Input, Run } from './command.ts';
import { readInteger, readOptionalMoment } from './option-values.ts';
import { findRows } from './pages.ts';
import { shownAnswer, shownTime, statusCell } from './shown.ts';

export const DELIVERY_SHAPE = ['id', 'event_id', 'status'] as const;
const MANY = 1_000_000;

/** The filters that the commands on deliveries share, as `GET /deliveries` takes them. */
export function readDeliveryFilter(input: Input): Query {
  return {
    subscription_id: input.text('subscription'),
    event_type: input.text('type'),
    tenant: input.text('tenant'),
    created_after: readOptionalMoment(input, 'since'),
    created_before: readOptionalMoment(input, 'until'),
  };
}

export const listDeliveries: Run = async (input, { terminal }) => {
  const data = await findRows<Schemas['Delivery']>(
    createApiClient(input),
    '/deliveries',
    {
      ...readDeliveryFilter(input),
      status: input.text('status'),
      event_id: input.text('event'),
    },
    readInteger(input, 'limit', [1, MANY]) ?? 20,
  );
  terminal.json({ data });
  if (data.length === 0) return terminal.note('There are none.');
  terminal.table(
    ['id', 'created (UTC)', 'type', 'status', 'reason', 'attempts', 'subscription'],
    data.map((row) => [
      row.id,
      shownTime(row.created_at),
      row.event_type,
      statusCell(row.status),
      row.reason ?? '',
      String(row.attempt_count),
      row.subscription_id,
    ]),
  );
};

export const showDelivery: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  const path = pathOf(input.args[0]);
  const delivery = await api.get<Schemas['Delivery']>(path, DELIVERY_SHAPE);
  const attempts = await findRows<Schemas['Attempt']>(api, `${path}/attempts`, {}, MANY);
  terminal.json({ ...delivery, attempts });
  terminal.fields([
    ['id', delivery.id],
    ['event', delivery.event_id],
    ['type', delivery.event_type],
    ['subscription', delivery.subscription_id],
    ['tenant', delivery.tenant],
    ['status', statusCell(delivery.status)],
    ['reason', delivery.reason ?? '-'],
    ['next attempt', shownTime(delivery.next_attempt_at) || '-'],
    ['created', shownTime(delivery.created_at)],
    ['ended', shownTime(delivery.completed_at) || '-'],
    ...attempts.map(
      (attempt) =>
        [
          `attempt ${attempt.attempt_number}`,
          `${shownTime(attempt.started_at)}  ${shownAnswer(attempt)}`,
        ] as const,
    ),
  ]);
};

export const cancelDelivery: Run = async (input, { terminal }) => {
  const delivery = await createApiClient(input).post<Schemas['Delivery']>(
    `${pathOf(input.args[0])}/cancel`,
    DELIVERY_SHAPE,
  );
  terminal.json(delivery);
  terminal.line(`${delivery.id} is ${delivery.status}.`);
};

export function pathOf(id = ''): string {
  return `/deliveries/${encodeURIComponent(id)}`;
}
