/** Gathers what arrives while earlier batches are under way. */
export type NaturalBatcher<Item, Result> = {
  /** Resolves with the item's own result. @throws OverloadError when the bound is reached. */
  add(item: Item): Promise<Result>;
  /** Items waiting for a batch, for admission control and metrics. */
  readonly waiting: number;
  /** Resolves when nothing waits and nothing is under way. */
  drained(): Promise<void>;
};

export type NaturalBatcherOptions<Item, Result> = {
  /** Writes a batch and answers one result per item, in order. */
  flush(items: readonly Item[]): Promise<readonly Result[]>;
  /** Batches under way at once: the number of connections given to them. */
  concurrency: number;
  maxItems: number;
  /** What an item weighs against `maxWeight`, in bytes. */
  weigh(item: Item): number;
  maxWeight: number;
  /** Weight of the waiting items past which `add` refuses. */
  maxWaitingWeight: number;
  /** How long to gather before a flush, asked anew for each; 0 starts at once. */
  lingerMs?(recentItems: number): number;
  /** Whether an error blames one item of the batch, so that the others deserve their own try. */
  isItemError?(error: unknown): boolean;
};

/** Thrown by `add` when what waits is more than the process should hold. */
export class OverloadError extends Error {
  override name = 'OverloadError';
}

type Entry<Item, Result> = {
  item: Item;
  weight: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

/**
 * Batches without waiting: a flush starts the moment one of `concurrency` places is free and
 * takes whatever has gathered. At low load a batch is one item and nobody waits; at high load
 * the batches grow by themselves.
 */
export function createNaturalBatcher<Item, Result>(
  options: NaturalBatcherOptions<Item, Result>,
): NaturalBatcher<Item, Result> {
  let queue: Entry<Item, Result>[] = [];
  let waitingWeight = 0;
  let running = 0;
  let recentItems = 1;
  let isScheduled = false;
  let onDrained: (() => void)[] = [];

  function schedule(): void {
    if (isScheduled || running >= options.concurrency || queue.length === 0) return;
    isScheduled = true;
    const lingerMs = queue.length >= options.maxItems ? 0 : (options.lingerMs?.(recentItems) ?? 0);
    if (lingerMs > 0) setTimeout(start, lingerMs);
    else setImmediate(start);
  }

  function start(): void {
    isScheduled = false;
    const batch = take();
    if (batch.length === 0) return;
    recentItems += (batch.length - recentItems) / 8;
    running += 1;
    void settle(batch).finally(() => {
      running -= 1;
      schedule();
      if (running === 0 && queue.length === 0) {
        for (const resolve of onDrained) resolve();
        onDrained = [];
      }
    });
    schedule();
  }

  function take(): Entry<Item, Result>[] {
    let count = 0;
    let weight = 0;
    for (const entry of queue) {
      if (count === options.maxItems || (count > 0 && weight + entry.weight > options.maxWeight)) break;
      count += 1;
      weight += entry.weight;
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    waitingWeight -= weight;
    return batch;
  }

  async function settle(batch: Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await options.flush(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => entry.resolve(results[index] as Result));
    } catch (error) {
      if (batch.length === 1 || !options.isItemError?.(error)) {
        for (const entry of batch) entry.reject(error);
        return;
      }
      for (const entry of batch) await settle([entry]);
    }
  }

  return {
    add(item) {
      const weight = options.weigh(item);
      if (waitingWeight + weight > options.maxWaitingWeight && queue.length > 0) {
        return Promise.reject(new OverloadError('too much is waiting to be written'));
      }
      waitingWeight += weight;
      return new Promise<Result>((resolve, reject) => {
        queue.push({ item, weight, resolve, reject });
        schedule();
      });
    },
    get waiting() {
      return queue.length;
    },
    drained() {
      if (running === 0 && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => onDrained.push(resolve));
    },
  };
}
