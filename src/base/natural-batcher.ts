/** Gathers what arrives while earlier batches are under way. */
export type NaturalBatcher<Item, Result> = {
  /**
   * Resolves with the item's own result.
   *
   * @throws OverloadError when the bound is reached, GoneError when nobody waits for it any more
   */
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
  /** The weight of an item against `maxWeight`, in bytes. */
  weigh(item: Item): number;
  maxWeight: number;
  /** Weight of the waiting items past which `add` refuses. */
  maxWaitingWeight: number;
  /** How long to gather before a flush, asked again for each; 0 starts at once. */
  lingerMs?(recentItems: number): number;
  /** Whether nobody waits for an item any more: then it is in no batch that begins. */
  isGone?(item: Item): boolean;
  /** Whether an error blames one item of the batch, so that the others deserve their own try. */
  isItemError?(error: unknown): boolean;
};

/** Thrown by `add` when what waits is more than the process should hold. */
export class OverloadError extends Error {
  override name = 'OverloadError';
}

/** Thrown by `add` when nobody waited for the item any more before its batch began. */
export class GoneError extends Error {
  override name = 'GoneError';
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
 * the batches grow automatically.
 */
export function createNaturalBatcher<Item, Result>(
  options: NaturalBatcherOptions<Item, Result>,
): NaturalBatcher<Item, Result> {
  let queue: Entry<Item, Result>[] = [];
  let waitingWeight = 0;
  let running = 0;
  let recentItems = 1;
  let isScheduled = false;
  let isPurged = false;
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
    if (batch.length === 0) return tellDrained();
    recentItems += (batch.length - recentItems) / 8;
    running += 1;
    void settle(batch).finally(() => {
      running -= 1;
      schedule();
      tellDrained();
    });
    schedule();
  }

  function tellDrained(): void {
    if (running > 0 || queue.length > 0) return;
    for (const resolve of onDrained) resolve();
    onDrained = [];
  }

  function take(): Entry<Item, Result>[] {
    const batch: Entry<Item, Result>[] = [];
    let looked = 0;
    let weight = 0;
    for (const entry of queue) {
      if (batch.length === options.maxItems) break;
      if (batch.length > 0 && weight + entry.weight > options.maxWeight) break;
      looked += 1;
      if (!letGo(entry)) {
        batch.push(entry);
        weight += entry.weight;
      }
    }
    queue = queue.slice(looked);
    waitingWeight -= weight;
    isPurged = false;
    return batch;
  }

  /** Whether nobody waits for it any more, which frees its place. */
  function letGo(entry: Entry<Item, Result>): boolean {
    if (options.isGone?.(entry.item) !== true) return false;
    waitingWeight -= entry.weight;
    entry.reject(new GoneError('nobody waits for it any more'));
    return true;
  }

  /** Once for each batch that is taken, since it looks at everything that waits. */
  function purge(): void {
    if (isPurged) return;
    isPurged = true;
    queue = queue.filter((entry) => !letGo(entry));
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
      if (waitingWeight + weight > options.maxWaitingWeight) purge();
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
