/**
 * Which attempts a worker has under way, for those who must know before a job lets go of them and
 * their rows say so. Costs a set's entry per attempt and no write.
 */
export type Custody = {
  /** To be called before a job reads its deliveries. */
  enter(): JobCustody;
  isUnderWay(deliveryId: string): boolean;
  /**
   * Answers whether an attempt is under way. If not, none begins for `WITHHELD_MS`, nor later on
   * what a job has read by then.
   */
  withhold(deliveryId: string): boolean;
};

/** The rights of one job. */
export type JobCustody = {
  /** Answers whether the attempt may begin; if so, it is under way until `finish`. */
  start(deliveryId: string): boolean;
  finish(deliveryId: string): void;
  /** Something continues that may still start a delivery of the job, until `release`. */
  retain(): void;
  /** To be called once for entering, and once for each `retain`. */
  release(): void;
};

/** Longer than `DECIDE_WITHIN_MS`, by what a notification and a commit may take. */
export const WITHHELD_MS = 3_000;

export function createCustody({
  forget,
  now = () => performance.now(),
}: {
  /** Drops what is kept of a delivery in memory, so that its row is read. */
  forget(deliveryId: string): void;
  now?(): number;
}): Custody {
  const underWay = new Set<string>();
  /** Of each job what was withheld since it began to read. */
  const jobs = new Set<Set<string>>();
  const withheldUntilMs = new Map<string, number>();

  function stillWithheld(): Set<string> {
    if (withheldUntilMs.size === 0) return new Set();
    const nowMs = now();
    for (const [id, untilMs] of withheldUntilMs) {
      if (untilMs <= nowMs) withheldUntilMs.delete(id);
    }
    return new Set(withheldUntilMs.keys());
  }

  return {
    enter() {
      const withheld = stillWithheld();
      let retained = 1;
      jobs.add(withheld);
      return {
        start(deliveryId) {
          if (withheld.has(deliveryId)) return false;
          underWay.add(deliveryId);
          return true;
        },
        finish: (deliveryId) => void underWay.delete(deliveryId),
        retain() {
          retained += 1;
        },
        release() {
          retained -= 1;
          if (retained === 0) jobs.delete(withheld);
        },
      };
    },
    isUnderWay: (deliveryId) => underWay.has(deliveryId),
    withhold(deliveryId) {
      if (underWay.has(deliveryId)) return true;
      forget(deliveryId);
      stillWithheld();
      withheldUntilMs.set(deliveryId, now() + WITHHELD_MS);
      for (const withheld of jobs) withheld.add(deliveryId);
      return false;
    },
  };
}
