/** The places that slow receivers may hold together, so that the quick ones always find some. */
export type SlowShare = {
  take(holder: object): void;
  giveBack(holder: object): void;
  /**
   * Whether this holder gets no more now. When all places are taken, who holds less than an equal
   * part of them is still let in: a receiver that only seemed slow, because this process was held
   * up, shows it with its next attempts.
   */
  isFullFor(holder: object): boolean;
};

export function createSlowShare(places: number): SlowShare {
  const held = new Map<object, number>();
  let taken = 0;

  return {
    take(holder) {
      taken += 1;
      held.set(holder, (held.get(holder) ?? 0) + 1);
    },
    giveBack(holder) {
      const own = held.get(holder) ?? 0;
      if (own === 0) return;
      taken -= 1;
      if (own === 1) held.delete(holder);
      else held.set(holder, own - 1);
    },
    isFullFor(holder) {
      if (taken < places) return false;
      const own = held.get(holder) ?? 0;
      const others = held.size - Number(own > 0);
      return own >= Math.floor(places / (others + 1));
    },
  };
}
