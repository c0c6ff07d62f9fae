/** A request as it came in. */
export type ReceivedRequest = {
  readonly id: string;
  readonly receivedAt: Date;
  /** The answer it was given. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

export type TestReceiver = {
  keep(request: ReceivedRequest): void;
  /** Newest first. */
  list(limit: number): ReceivedRequest[];
};

/**
 * Remembers the last requests in memory: no more than `maxRequests`, and no more than `maxBytes`
 * of bodies, so that large ones cannot fill the process.
 */
export function createTestReceiver({
  maxRequests = 100,
  maxBytes = 16 * 1_048_576,
} = {}): TestReceiver {
  const requests: ReceivedRequest[] = [];
  let bytes = 0;

  return {
    keep(request) {
      requests.push(request);
      bytes += request.body.length;
      while (requests.length > maxRequests || bytes > maxBytes) {
        bytes -= requests.shift()?.body.length ?? 0;
      }
    },
    list: (limit) => requests.slice(-limit).reverse(),
  };
}
