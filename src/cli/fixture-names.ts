import { readdirSync } from 'node:fs';

export const FIXTURES = new URL('fixtures/', import.meta.url);

/** The event types that `posthorn trigger` has a sample of: the files in `fixtures/`. */
export const FIXTURE_NAMES: readonly string[] = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))
  .sort();
