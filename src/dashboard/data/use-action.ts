import { useCallback, useState } from 'react';

import type { ApiError } from '../api/client.ts';
import { toApiError } from './use-resource.ts';

export interface Action<Arguments extends unknown[]> {
  run(...values: Arguments): Promise<void>;
  isRunning: boolean;
  error: ApiError | undefined;
  clearError(): void;
}

/** Something a person starts and that may be refused. One at a time. */
export function useAction<Arguments extends unknown[]>(
  perform: (...values: Arguments) => Promise<void>,
): Action<Arguments> {
  const [isRunning, setIsRunning] = useState(false);
  const [error, setError] = useState<ApiError>();
  const run = async (...values: Arguments) => {
    if (isRunning) return;
    setIsRunning(true);
    setError(undefined);
    try {
      await perform(...values);
    } catch (thrown) {
      setError(toApiError(thrown));
    } finally {
      setIsRunning(false);
    }
  };
  return { run, isRunning, error, clearError: useCallback(() => setError(undefined), []) };
}
