/** Undoes one thing that was started. */
export type Closer = () => unknown;

/** What was started, to be undone in reverse. */
export type Closers = {
  /** Undoes it when all is closed, and at once where that has been: nothing is left running. */
  push(closer: Closer): void;
  /** Undoes everything, one after the other, the latest first. Rejects with the first fault. */
  close(): Promise<void>;
};

export function createClosers(): Closers {
  const stack: Closer[] = [];
  let isClosed = false;

  async function close(): Promise<void> {
    isClosed = true;
    const faults: unknown[] = [];
    for (let closer = stack.pop(); closer !== undefined; closer = stack.pop()) {
      try {
        await closer();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
  }

  return {
    push(closer) {
      stack.push(closer);
      if (isClosed) close().catch(() => undefined);
    },
    close,
  };
}
