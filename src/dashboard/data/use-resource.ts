import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiError } from '../api/client.ts';

export interface Resource<Data> {
  data: Data | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  reload(): void;
}

interface Options {
  /** How often to load again while the tab is visible; never, where absent. */
  refreshMs?: number | undefined;
}

type State<Data> = { key: string | null; data?: Data; error?: ApiError };

/**
 * The result of `load` for `key`, loaded again when the key changes. Data outlives a failed refresh:
 * `error` then says that it is old.
 */
export function useResource<Data>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<Data>,
  { refreshMs }: Options = {},
): Resource<Data> {
  const [state, setState] = useState<State<Data>>({ key: null });
  const [round, setRound] = useState(0);
  const latestLoad = useRef(load);
  latestLoad.current = load;

  useEffect(() => {
    if (key === null) return;
    const controller = new AbortController();
    const run = async () => {
      try {
        const data = await latestLoad.current(controller.signal);
        if (!controller.signal.aborted) setState({ key, data });
      } catch (error) {
        if (controller.signal.aborted) return;
        const known = toApiError(error);
        setState((before) => ({ ...(before.key === key ? before : { key }), error: known }));
      }
    };
    void run();
    const stopRefresh = refreshMs === undefined ? undefined : repeatWhileVisible(run, refreshMs);
    return () => {
      stopRefresh?.();
      controller.abort();
    };
  }, [key, round, refreshMs]);

  const current = state.key === key ? state : { key };
  return {
    data: current.data,
    error: current.error,
    isLoading: key !== null && current.data === undefined && current.error === undefined,
    reload: useCallback(() => setRound((before) => before + 1), []),
  };
}

/** Calls `run` again `intervalMs` after it has ended, and at once when the tab is shown again. */
export function repeatWhileVisible(run: () => Promise<void>, intervalMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let isRunning = false;
  const schedule = () => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => void tick(), intervalMs);
  };
  const tick = async () => {
    if (isRunning) return;
    if (!document.hidden) {
      isRunning = true;
      await run();
      isRunning = false;
    }
    schedule();
  };
  const onVisible = () => {
    if (!document.hidden) void tick();
  };
  document.addEventListener('visibilitychange', onVisible);
  schedule();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  };
}

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, { title: 'Something broke here', detail: String(error) });
}
