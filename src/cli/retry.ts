import { ApiError, createApiClient, type ApiClient, type Schemas } from './api-client.ts';
import { EXIT, UsageError, type Input, type Run } from './command.ts';
import { pathOf, readDeliveryFilter } from './deliveries.ts';
import { rowsOf } from './pages.ts';

const AT_ONCE = 4;

type Refusal = { readonly id: string; readonly detail: string };

/**
 * Retries what is named, or all that have failed; those are found first, so that one which fails
 * again meanwhile is not retried twice.
 */
export const runRetry: Run = async (input, { terminal }) => {
  const api = createApiClient(input);
  const ids = await findIds(input, api);
  if (input.has('dry-run')) {
    terminal.json({ found: ids.length });
    terminal.line(`${ids.length} would be tried again.`);
    return;
  }
  const progress = terminal.progress('retrying');
  const refusals: Refusal[] = [];
  const queue = ids.values();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const id of queue) {
      try {
        terminal.json(await api.post<Schemas['Delivery']>(`${pathOf(id)}/retry`));
      } catch (error) {
        // What is wrong with one is told at the end; what is wrong with all ends it.
        if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
        refusals.push({ id, detail: error.message });
      }
      progress.show(++done, ids.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work)).finally(() => done > 0 && progress.end());
  terminal.line(`${ids.length - refusals.length} of ${ids.length} are tried again.`);
  for (const { id, detail } of refusals) terminal.error(`${id}: ${detail}`);
  return refusals.length === 0 ? EXIT.ok : EXIT.failed;
};

async function findIds(input: Input, api: ApiClient): Promise<readonly string[]> {
  const filters = ['subscription', 'type', 'since', 'until', 'tenant'];
  if (input.has('failed')) {
    if (input.args.length > 0) throw new UsageError('retry takes ids or --failed, not both');
    const rows = rowsOf<Schemas['Delivery']>(api, '/deliveries', {
      ...readDeliveryFilter(input), status: 'failed',
    });
    const ids: string[] = [];
    for await (const { id } of rows) ids.push(id);
    return ids;
  }
  if (input.args.length === 0) throw new UsageError('retry needs the id of a delivery, or --failed');
  const stray = filters.find((name) => input.has(name));
  if (stray !== undefined) throw new UsageError(`--${stray} goes with --failed`);
  return [...new Set(input.args)];
}
