import type { CommandSpec } from '../command.ts';

export const REPLAY_COMMANDS: readonly CommandSpec[] = [];
