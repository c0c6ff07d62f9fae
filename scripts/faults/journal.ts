import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Outcome } from './campaign.ts';

/** What a scenario came to, as it is kept from one run of a campaign to the next. */
export type Entry = Outcome & {
  readonly name: string;
  readonly seed: number;
  readonly form: string;
  readonly elapsedMs: number;
  /** Load of the machine in the minute before its end. */
  readonly load: number;
};

/** Results by scenario in a file of one JSON object a line, so that a campaign can continue later. */
export type Journal = {
  readonly entries: ReadonlyMap<string, Entry>;
  add(entry: Entry): void;
};

/** Without a file, in memory alone. A scenario that is there twice counts as the last time. */
export function openJournal(file: string | undefined): Journal {
  const lines =
    file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const entries = new Map<string, Entry>();
  for (const line of lines) {
    if (line === '') continue;
    const entry = JSON.parse(line) as Entry;
    entries.set(entry.name, entry);
  }
  return {
    entries,
    add(entry) {
      entries.set(entry.name, entry);
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
  };
}
