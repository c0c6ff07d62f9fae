import type { ReplayRunner } from './replay-runner.service.ts';

declare global {
  // eslint-disable-next-line typescript/no-namespace -- how Graphile Worker learns of payloads
  namespace GraphileWorker {
    interface Tasks {
      /** Continues a replay for a while. */
      replay: { replay_id: string };
    }
  }
}

/** The task `replay`: continues with a replay for a while. */
export function createReplayTask({ replays }: { replays: ReplayRunner }) {
  return (payload: { replay_id: string }): Promise<void> => replays.run(payload.replay_id);
}
