import { codeOf } from '../base/thrown.ts';
import { createContext, Script } from 'node:vm';

/** Thrown by {@link withinMs}. */
export class TimeBoxError extends Error {
  override readonly name = 'TimeBoxError';
}

const CALL = new Script('work()', { filename: 'time-box.js' });
let box: { work?: () => unknown } | undefined;

const MAX_TRIES = 3;

/**
 * Runs what cannot wait, such as a regular expression, and ends it when it takes too long: Node has
 * no other way to stop the thread that it runs on. Costs some 0.1 ms, for a watch that V8 makes. The
 * watch knows the time of day alone; work that others kept from the processor is begun again.
 *
 * @param work must leave nothing behind that matters when it is cut off anywhere
 * @throws TimeBoxError after `timeoutMs`; whatever `work` throws
 */
export function withinMs<Result>(timeoutMs: number, work: () => Result): Result {
  box ??= createContext({}) as NonNullable<typeof box>;
  for (let tries = 1; ; tries += 1) {
    const startedAt = process.threadCpuUsage();
    box.work = work;
    try {
      return CALL.runInContext(box, { timeout: timeoutMs }) as Result;
    } catch (error) {
      if (codeOf(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const { user, system } = process.threadCpuUsage(startedAt);
      const isStarved = (user + system) / 1_000 < timeoutMs / 2;
      if (isStarved && tries < MAX_TRIES) continue;
      throw new TimeBoxError(`took longer than ${timeoutMs} ms`, { cause: error });
    } finally {
      delete box.work;
    }
  }
}
