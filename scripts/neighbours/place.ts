import type { Pool } from 'pg';

/** Where the application and Posthorn meet. */
export type Place = {
  /** Of a database of its own, without anything in it. */
  readonly url: string;
  readonly pool: Pool;
  /** What the application imports. */
  readonly module: string;
  /** For the logs. */
  readonly dir: string;
  /** Called in the end, in reverse, for what a scenario that broke has left. */
  readonly closers: (() => unknown)[];
};
