import type { Behaviour } from './receiver.ts';

/** One event as the campaign knows it, from outside. */
export type Entry = {
  readonly seq: number;
  readonly behaviour: Behaviour;
  readonly firstSentAtMs: number;
  /** When the first 202 had been read; undefined while there is none. */
  acceptedAtMs: number | undefined;
  /** The ids that 202s have named: more than one would be a broken promise. */
  readonly eventIds: Set<string>;
};

/** One answer of the API, or that there was none. */
export type Answer = {
  readonly atMs: number;
  readonly latencyMs: number;
  /** 0: no answer. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
};

/** What was sent and what was answered, kept outside Posthorn. */
export type Ledger = {
  readonly entries: ReadonlyMap<number, Entry>;
  readonly answers: readonly Answer[];
  open(behaviour: Behaviour): Entry;
  note(answer: Answer): void;
};

let lastSeq = 0;

/** Numbers continue from one ledger to the next, so a straggler is never taken for another's. */
export function createLedger(): Ledger {
  const entries = new Map<number, Entry>();
  const answers: Answer[] = [];
  return {
    entries,
    answers,
    open(behaviour) {
      lastSeq += 1;
      const entry: Entry = {
        seq: lastSeq,
        behaviour,
        firstSentAtMs: performance.now(),
        acceptedAtMs: undefined,
        eventIds: new Set(),
      };
      entries.set(entry.seq, entry);
      return entry;
    },
    note: (answer) => void answers.push(answer),
  };
}
