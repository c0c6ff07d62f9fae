import type { AttemptFeed, FedAttempt } from '../log/attempt-feed.service.ts';
import { attemptItems, skippedEvent } from './stream-item.ts';
import type { StreamReader } from './stream-reader.ts';

/** Sends readers out of the database what they missed when it happened. */
export type GapFiller = {
  /** Everything that ended since a moment; what the reader has had is not sent again. */
  catchUp(reader: StreamReader, sinceMs: number): void;
  /** The same, before whatever happens from now on. */
  resume(reader: StreamReader, sinceMs: number): void;
  /** What ended until those who deliver have noticed a reader, who was announced to them just now. */
  fillBefore(reader: StreamReader, openedAtMs: number): void;
};

export type GapFillerDeps = {
  feed: Pick<AttemptFeed, 'since'>;
  /** How long those who deliver may take to notice a reader. */
  noticedWithinMs: number;
  onError(error: unknown): void;
};

const RESUME_PAGE = 200;
const MAX_RESUMED = 5_000;
/** Most items a new reader gets of the moment before it was noticed: as many as live readers. */
const MAX_GAP = 1_000;
/** Attempts are recorded a little after they end, and not in that order. */
const RESUME_SLACK_MS = 2_000;

type Gap = { readonly reader: StreamReader; readonly sinceMs: number };

export function createGapFiller({ feed, noticedWithinMs, onError }: GapFillerDeps): GapFiller {
  let gaps: Gap[] = [];
  let filling: Promise<void> | undefined;

  async function readSince(reader: StreamReader, sinceMs: number): Promise<void> {
    let fromMs = sinceMs;
    for (let count = 0; !reader.body.destroyed; count += RESUME_PAGE) {
      if (count >= MAX_RESUMED) return reader.write(skippedEvent(null));
      await reader.taken();
      const page = await feed.since({
        ...scopeOf(reader),
        since: new Date(fromMs),
        limit: RESUME_PAGE,
      });
      for (const item of page.flatMap(attemptItems)) reader.sendOld(item);
      const last = page.at(-1);
      if (page.length < RESUME_PAGE || last === undefined) return undefined;
      fromMs = endOf(last);
    }
    return undefined;
  }

  /**
   * Asks once for all readers who want the same: where much is delivered, looking back is expensive, and
   * readers come in bunches.
   */
  async function fillAll(): Promise<void> {
    for (let some = gaps; some.length > 0; some = gaps) {
      gaps = [];
      const scopes = Map.groupBy(some, ({ reader }) => JSON.stringify(scopeOf(reader)));
      for (const same of scopes.values()) await fill(same).catch(onError);
    }
  }

  async function fill(same: readonly Gap[]): Promise<void> {
    const [some] = same;
    if (some === undefined) return;
    const since = new Date(Math.min(...same.map(({ sinceMs }) => sinceMs)));
    const missed = await feed.since({ ...scopeOf(some.reader), since, limit: MAX_GAP });
    const ended = missed.map((one) => ({ atMs: endOf(one), items: attemptItems(one) }));
    for (const { reader, sinceMs } of same) {
      for (const { atMs, items } of ended) {
        // Not what ended before this one came, though somebody else asks for it.
        if (atMs >= sinceMs) for (const item of items) reader.sendOld(item);
      }
      if (missed.length === MAX_GAP) reader.write(skippedEvent(null));
    }
  }

  return {
    catchUp(reader, sinceMs) {
      readSince(reader, sinceMs).catch(onError);
    },
    resume(reader, sinceMs) {
      reader.hold();
      readSince(reader, sinceMs - RESUME_SLACK_MS)
        .catch(onError)
        .finally(() => reader.release());
    },
    fillBefore(reader, openedAtMs) {
      if (reader.body.destroyed) return;
      const noticed = setTimeout(() => {
        gaps.push({ reader, sinceMs: openedAtMs });
        filling ??= fillAll().finally(() => (filling = undefined));
      }, noticedWithinMs);
      reader.body.once('close', () => clearTimeout(noticed));
    },
  };
}

function scopeOf({ filter }: StreamReader) {
  return { tenant: filter.tenant, subscriptionId: filter.subscription_id };
}

/** Unix time in milliseconds. */
function endOf({ attempt }: FedAttempt): number {
  return attempt.started_at.getTime() + attempt.duration_ms;
}
