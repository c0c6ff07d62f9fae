/**
 * The CPU time that this thread spends on `work`, in milliseconds. Unlike a clock on the wall it does
 * not count what other processes of a busy machine take.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
