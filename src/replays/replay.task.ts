import type { ReplayRunner } from './replay-runner.service.ts';

/** The task `replay`: goes on with a replay for a while. */
export function createReplayTask({ replays }: { replays: ReplayRunner }) {
  return (payload: { replay_id: string }): Promise<void> => replays.run(payload.replay_id);
}
