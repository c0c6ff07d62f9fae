import { ApiError, createApiClient, type ApiClient, type Schemas } from './api-client.ts';
import { EXIT, UsageError, type Input, type Run } from './command.ts';
import { DELIVERY_SHAPE, pathOf, readDeliveryFilter } from './deliveries.ts';
import { rowsOf } from './pages.ts';

const AT_ONCE = 4;

/** Deliveries in the order in which they are to be retried. */
type Lane = readonly string[];
type Refusal = { readonly id: string; readonly detail: string };

/**
 * Retries what is named, one after the other, or all that have failed; those are found first, so
 * that one which fails again meanwhile is not retried twice. Those of one subscription are retried
 * in the order of their events, as what has an ordering key must be.
 */
export const runRetry: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  const lanes = await findLanes(input, api);
  const count = lanes.reduce((sum, lane) => sum + lane.length, 0);
  if (input.has('dry-run')) {
    terminal.json({ found: count });
    terminal.line(`${count} would be tried again.`);
    return;
  }
  const progress = terminal.progress('retrying');
  const refusals: Refusal[] = [];
  const queue = lanes.values();
  let done = 0;
  const retryLane = async (lane: Lane): Promise<void> => {
    for (const id of lane) {
      try {
        terminal.json(await api.post<Schemas['Delivery']>(`${pathOf(id)}/retry`, DELIVERY_SHAPE));
      } catch (error) {
        // A fault of one is reported at the end; a fault of all ends it.
        if (!(error instanceof ApiError) || error.isForeign) throw error;
        if (error.status !== 404 && error.status !== 409) throw error;
        refusals.push({ id, detail: error.message });
      }
      progress.show(++done, count);
    }
  };
  const work = async (): Promise<void> => {
    for (const lane of queue) await retryLane(lane);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work)).finally(
    () => done > 0 && progress.end(),
  );
  terminal.line(`${count - refusals.length} of ${count} are tried again.`);
  for (const { id, detail } of refusals) terminal.error(`${id}: ${detail}`);
  return refusals.length === 0 ? EXIT.ok : EXIT.failed;
};

async function findLanes(input: Input, api: ApiClient): Promise<readonly Lane[]> {
  const filters = ['subscription', 'type', 'since', 'until', 'tenant'];
  if (input.has('failed')) {
    if (input.args.length > 0) throw new UsageError('retry takes ids or --failed, not both');
    const rows = rowsOf<Schemas['Delivery']>(api, '/deliveries', {
      ...readDeliveryFilter(input),
      status: 'failed',
    });
    const found: Schemas['Delivery'][] = [];
    for await (const row of rows) found.push(row);
    // Ids of events are in the order in which they were accepted.
    found.sort((one, other) =>
      one.event_id < other.event_id ? -1 : Number(one.event_id > other.event_id),
    );
    const lanes = Map.groupBy(found, ({ subscription_id: subscription }) => subscription);
    return [...lanes.values()].map((lane) => lane.map(({ id }) => id));
  }
  if (input.args.length === 0)
    throw new UsageError('retry needs the id of a delivery, or --failed');
  const stray = filters.find((name) => input.has(name));
  if (stray !== undefined) throw new UsageError(`--${stray} goes with --failed`);
  return [[...new Set(input.args)]];
}
