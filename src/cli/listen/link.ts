import type { ApiError } from '../api-client.ts';

/** Whether the server answers, as its callers find out. */
export type Link = {
  worked(): void;
  failed(error: ApiError): void;
};

/** Tells once when the server is gone, or busy, and once when it is back. */
export function createLink({
  onLost,
  onBack,
}: {
  onLost: (error: ApiError) => void;
  onBack: () => void;
}): Link {
  let isLost = false;
  return {
    worked() {
      if (isLost) onBack();
      isLost = false;
    },
    failed(error) {
      if (!isLost) onLost(error);
      isLost = true;
    },
  };
}
