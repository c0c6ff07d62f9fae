export type SweepTaskDeps = {
  promoteAllDue(): Promise<void>;
  planMissingDrains(): Promise<void>;
  forgetOrphanedFailures(): Promise<void>;
  /** Unlocks jobs whose worker died before it was known. */
  unlockOrphanedJobs(): Promise<unknown>;
  /** Has those notified whose subscriptions have begun to fail. */
  findFailing(): Promise<void>;
  /** Has replays resume whose job was lost. */
  resumeStrandedReplays(): Promise<void>;
  disableLongFailing(): Promise<void>;
};

/**
 * The task `sweep`, once a minute: makes good what a lost job or a lost worker has left behind,
 * and disables subscriptions that have done nothing but fail for days.
 */
export function createSweepTask(deps: SweepTaskDeps) {
  return async function sweep(): Promise<void> {
    await deps.promoteAllDue();
    await deps.planMissingDrains();
    await deps.forgetOrphanedFailures();
    await deps.unlockOrphanedJobs();
    await deps.findFailing();
    await deps.resumeStrandedReplays();
    await deps.disableLongFailing();
  };
}
