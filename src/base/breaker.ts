/** Stops using a server that fails, and checks in the background whether it is back. */
export type Breaker = {
  /** Does the work whatever the state, and learns from it. @throws its error */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** For work that may be left out: undefined where it fails, and at once while it is pointless. */
  runIfUsable<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** To be called with what is learnt in other ways. */
  failed(error: unknown): void;
  worked(): void;
};

export type BreakerOptions = {
  /** Failures in a row after which it is not used. */
  readonly failureLimit: number;
  /** Costs nothing when it works; asked once a second while it is not used. */
  probe(): Promise<unknown>;
  /** It is not used from now on. */
  onOpen?(error: unknown): void;
  /** It works again. */
  onClose?(): void;
  /** Milliseconds on a clock that is never set. */
  readonly now?: () => number;
};

const REST_MS = 1_000;

export function createBreaker(options: BreakerOptions): Breaker {
  const { failureLimit, now = () => performance.now() } = options;
  let failures = 0;
  let restUntilMs = 0;
  let isReported = false;

  function failed(error: unknown): void {
    failures += 1;
    if (failures < failureLimit) return;
    restUntilMs = now() + REST_MS;
    if (isReported) return;
    isReported = true;
    options.onOpen?.(error);
  }

  function worked(): void {
    failures = 0;
    if (!isReported) return;
    isReported = false;
    options.onClose?.();
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      worked();
      return answer;
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  return {
    run,
    async runIfUsable(work) {
      if (failures < failureLimit) return run(work).catch(() => undefined);
      if (now() >= restUntilMs) {
        restUntilMs = now() + REST_MS;
        run(options.probe).catch(() => undefined);
      }
      return undefined;
    },
    failed,
    worked,
  };
}
