import type { TaskName } from '../../src/queue/tasks.ts';

/** The application's tasks: those of ours, by name. */
export const TASKS = [
  'deliver',
  'promote',
  'drain',
  'end_waiting',
  'sweep',
  'alert',
  'replay',
  'maintain',
] as const satisfies readonly TaskName[];

/** The payload of a job of the application's. */
export type ApplicationJob = {
  readonly key: string;
  /** How long it takes. */
  readonly ms?: number;
};
