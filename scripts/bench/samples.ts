/** In milliseconds. */
export type Summary = {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** Every duration there was, so that percentiles are exact. Four bytes each. */
export type Samples = {
  addUs(durationUs: number): void;
  summary(): Summary;
};

const FIRST_CAPACITY = 65_536;

export function createSamples(): Samples {
  let values = new Uint32Array(FIRST_CAPACITY);
  let count = 0;
  return {
    addUs(durationUs) {
      if (count === values.length) {
        const larger = new Uint32Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count] = Math.max(0, durationUs);
      count += 1;
    },
    summary() {
      const sorted = values.slice(0, count).sort();
      const at = (share: number): number =>
        count === 0 ? Number.NaN : (sorted[Math.ceil(share * count) - 1] as number) / 1_000;
      return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
    },
  };
}
