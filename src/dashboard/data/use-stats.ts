import { api, ask } from '../api/client.ts';
import type { StatsWindow } from '../api/types.ts';
import { useResource } from './use-resource.ts';

/** The numbers of a window, a second or two behind. */
export function useStats(window: StatsWindow) {
  return useResource(
    `stats ${window}`,
    (signal) => ask(api.GET('/stats', { params: { query: { window } }, signal })),
    { refreshMs: 5_000 },
  );
}
