/** What one job waits for: some of its work, and not for ever. */
export type JobWait = {
  watch(id: string, work: Promise<unknown>): void;
  /** Stops waiting for one piece of work, which goes on. */
  letGo(id: string): void;
  /**
   * Resolves when all that is waited for has finished, at the latest `ms` from now. Rejects as
   * soon as a piece of work does.
   */
  end(): Promise<void>;
};

export function createJobWait(ms: number): JobWait {
  const awaited = new Set<string>();
  const released = new Set<string>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isEnding = false;
  // What fails before the end is awaited rejects that end, and nothing else.
  promise.catch(() => undefined);

  function check(): void {
    if (isEnding && awaited.size === 0) resolve();
  }

  return {
    watch(id, work) {
      if (!released.has(id)) awaited.add(id);
      work.then(() => {
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
