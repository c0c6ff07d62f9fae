/** What one job waits for: some of its work, and not for ever. */
export type JobWait<Result> = {
  /** What has finished so far, by id. */
  readonly finished: Map<string, Result>;
  watch(id: string, work: Promise<Result>): void;
  /** Stops waiting for one piece of work, which goes on. */
  letGo(id: string): void;
  /**
   * Resolves when all that is waited for has finished, at the latest `ms` from now. Rejects as
   * soon as a piece of work does.
   */
  end(): Promise<void>;
};

export function createJobWait<Result>(ms: number): JobWait<Result> {
  const finished = new Map<string, Result>();
  const awaited = new Set<string>();
  const released = new Set<string>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isEnding = false;
  // What fails before the end is awaited is told to whoever awaits it.
  promise.catch(() => undefined);

  function check(): void {
    if (isEnding && awaited.size === 0) resolve();
  }

  return {
    finished,
    watch(id, work) {
      if (!released.has(id)) awaited.add(id);
      work.then((result) => {
        finished.set(id, result);
        awaited.delete(id);
        check();
      }, reject);
    },
    letGo(id) {
      released.add(id);
      awaited.delete(id);
      check();
    },
    async end() {
      isEnding = true;
      check();
      const timer = setTimeout(resolve, ms);
      try {
        await promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
