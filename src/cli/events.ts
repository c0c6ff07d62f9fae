import { createApiClient, JSON_TYPE, type ApiClient, type Schemas } from './api-client.ts';
import type { Run } from './command.ts';
import { readInteger, readOptionalMoment } from './option-values.ts';
import { findRows } from './pages.ts';
import { shownAnswer, shownTime, statusCell } from './shown.ts';

const MANY = 1_000_000;
const PAGE = 200;
const STATUS_SHAPE = ['event', 'deliveries', 'next_cursor'] as const;

export const listEvents: Run = async (input, { terminal }) => {
  const data = await findRows<Schemas['Event']>(
    createApiClient(input),
    '/events',
    {
      event_type: input.text('type'),
      status: input.text('status'),
      tenant: input.text('tenant'),
      received_after: readOptionalMoment(input, 'since'),
      received_before: readOptionalMoment(input, 'until'),
    },
    readInteger(input, 'limit', [1, MANY]) ?? 20,
  );
  terminal.json({ data });
  if (data.length === 0) return terminal.note('There are none.');
  terminal.table(
    ['id', 'received (UTC)', 'type', 'tenant', 'bytes', 'deliveries'],
    data.map((row) => [
      row.id,
      shownTime(row.received_at),
      row.event_type,
      row.tenant,
      String(row.payload_bytes),
      Object.entries(row.deliveries)
        .filter(([, count]) => count > 0)
        .map(([status, count]) => `${count} ${status}`)
        .join(', '),
    ]),
  );
};

export const showEvent: Run = async (input, { terminal }) => {
  const { event, deliveries } = await findStatus(createApiClient(input), input.args[0] ?? '');
  terminal.json({ event, deliveries });
  terminal.fields([
    ['id', event.id],
    ['type', event.event_type],
    ['tenant', event.tenant],
    ['received', shownTime(event.received_at)],
    ['bytes', String(event.payload_bytes)],
    ['idempotency key', event.idempotency_key ?? '-'],
    ['ordering key', event.ordering_key ?? '-'],
  ]);
  for (const delivery of deliveries) {
    terminal.line();
    terminal.fields([
      ['delivery', delivery.id],
      ['subscription', delivery.subscription_id],
      ['status', statusCell(delivery.status)],
      ['reason', delivery.reason ?? '-'],
      ...delivery.attempts.map(
        (attempt) =>
          [
            `attempt ${attempt.attempt_number}`,
            `${shownTime(attempt.started_at)}  ${shownAnswer(attempt)}`,
          ] as const,
      ),
    ]);
  }
};

async function findStatus(api: ApiClient, id: string) {
  const path = `/events/${encodeURIComponent(id)}/status`;
  const first = await api.get<Schemas['EventStatus']>(path, STATUS_SHAPE, { limit: PAGE });
  const deliveries = [...first.deliveries];
  for (let cursor = first.next_cursor; cursor !== null; ) {
    const next = await api.get<Schemas['EventStatus']>(path, STATUS_SHAPE, { limit: PAGE, cursor });
    deliveries.push(...next.deliveries);
    cursor = next.next_cursor;
  }
  return { event: first.event, deliveries };
}

/** The bytes alone, with and without `--json`. */
export const printPayload: Run = async (input) => {
  const path = `/events/${encodeURIComponent(input.args[0] ?? '')}/payload`;
  process.stdout.write(await createApiClient(input).read(path, JSON_TYPE));
};
