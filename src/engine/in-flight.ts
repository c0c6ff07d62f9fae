import type { Disposal } from './disposal.ts';

/** The deliveries that this process is busy with; they may outlive their job. */
export type InFlight = {
  readonly size: number;
  get(deliveryId: string): Promise<Disposal> | undefined;
  /** Of the given deliveries what is under way now. */
  among(deliveryIds: readonly string[]): ReadonlyMap<string, Promise<Disposal>>;
  /** Holds the work until it has ended, well or not; `onLeft` is called then. */
  add(deliveryId: string, work: Promise<Disposal>, onLeft: () => void): void;
  works(): Iterable<Promise<Disposal>>;
};

export function createInFlight(): InFlight {
  const byId = new Map<string, Promise<Disposal>>();
  return {
    get size() {
      return byId.size;
    },
    get: (deliveryId) => byId.get(deliveryId),
    among(deliveryIds) {
      const found = new Map<string, Promise<Disposal>>();
      if (byId.size === 0) return found;
      for (const id of deliveryIds) {
        const work = byId.get(id);
        if (work !== undefined) found.set(id, work);
      }
      return found;
    },
    add(deliveryId, work, onLeft) {
      byId.set(deliveryId, work);
      const forget = (): void => {
        byId.delete(deliveryId);
        onLeft();
      };
      work.then(forget, forget);
    },
    works: () => byId.values(),
  };
}
