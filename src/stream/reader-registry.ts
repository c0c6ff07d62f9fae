import type { StreamFilter } from './stream-filter.ts';
import type { StreamItem, StreamReader } from './stream-reader.ts';

/** The readers of this process, of whom those who deliver are told. */
export type ReaderRegistry = {
  /** With the moment at which each was opened, Unix time in milliseconds. */
  readonly readers: ReadonlyMap<StreamReader, number>;
  add(reader: StreamReader, options: ReaderOptions): void;
  send(items: readonly StreamItem[]): void;
  write(text: string): void;
  /** To be called every second: says that the readers are still here, to both sides. */
  beat(): void;
  /** Resolves once those who deliver could read of everybody added so far. */
  announced(): Promise<void>;
  /** Ends all readers. */
  end(): Promise<void>;
};

export type ReaderOptions = {
  readonly openedAtMs: number;
  /** While it rejects, nobody can tell and the reader stays. */
  readonly mayStay?: (() => Promise<boolean>) | undefined;
};

export type ReaderRegistryDeps = {
  /** Tells those who deliver what is read here: nothing any more, when there are no filters. */
  announce(filters: readonly StreamFilter[]): Promise<void>;
  /** The last reader has gone of its own accord. */
  onEmpty(): void;
  onError(error: unknown): void;
};

const COMMENT_EVERY_BEATS = 15;
const CHECK_EVERY_BEATS = 2;

export function createReaderRegistry(deps: ReaderRegistryDeps): ReaderRegistry {
  const readers = new Map<StreamReader, number>();
  const checks = new WeakMap<StreamReader, () => Promise<boolean>>();
  let announced: Promise<void> = Promise.resolve();
  let beats = 0;

  /** One after the other, so that the last word about the readers is the latest. */
  function announce(): Promise<void> {
    announced = announced
      .then(() => deps.announce([...readers.keys()].map(({ filter }) => filter)))
      .catch(deps.onError);
    return announced;
  }

  /** A reader whose key has gone is closed, whatever was still on the way to it. */
  function check(reader: StreamReader): void {
    checks
      .get(reader)?.()
      .then((mayStay) => void (mayStay || reader.body.destroy()))
      .catch(deps.onError);
  }

  function write(text: string): void {
    for (const reader of readers.keys()) reader.write(text);
  }

  return {
    readers,
    add(reader, { openedAtMs, mayStay }) {
      if (mayStay !== undefined) checks.set(reader, mayStay);
      readers.set(reader, openedAtMs);
      void announce();
      reader.body.once('close', () => {
        if (!readers.delete(reader) || readers.size > 0) return;
        void announce();
        deps.onEmpty();
      });
    },
    send(items) {
      for (const reader of readers.keys()) for (const item of items) reader.send(item);
    },
    write,
    beat() {
      beats += 1;
      void announce();
      if (beats % COMMENT_EVERY_BEATS === 0) write(': still here\n\n');
      if (beats % CHECK_EVERY_BEATS === 0) for (const reader of readers.keys()) check(reader);
    },
    announced: () => announced,
    async end() {
      if (readers.size === 0) return announced;
      for (const reader of readers.keys()) reader.end();
      readers.clear();
      return announce();
    },
  };
}
