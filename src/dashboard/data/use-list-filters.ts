import { useMemo } from 'react';

import { useQuery } from '../router.tsx';

/** The filters of a list. They live in the URL, so that a view can be shared. */
export interface ListFilters {
  /** What a filter is set to; undefined where it is not. */
  get(name: string): string | undefined;
  getAll(name: string): string[];
  set(changes: Readonly<Record<string, string | readonly string[] | undefined>>): void;
  /** What the control of one filter needs. */
  field(name: string): { value: string; onChange: (value: string) => void };
  isFiltered: boolean;
  clear(): void;
}

/** @param names of the filters, the same array at each call */
export function useListFilters(names: readonly string[]): ListFilters {
  const [query, setQuery] = useQuery();
  return useMemo(
    () => ({
      get: (name) => query.get(name) || undefined,
      getAll: (name) => query.getAll(name).filter(Boolean),
      set: setQuery,
      field: (name) => ({
        value: query.get(name) ?? '',
        onChange: (value) => setQuery({ [name]: value }),
      }),
      isFiltered: names.some((name) => query.get(name)),
      clear: () => setQuery(Object.fromEntries(names.map((name) => [name, undefined]))),
    }),
    [names, query, setQuery],
  );
}

/** The text, where it is one of the record's keys. Anybody may have written the URL. */
export function keyOf<Key extends string>(
  record: Readonly<Record<Key, unknown>>,
  text: string | undefined,
): Key | undefined {
  return text !== undefined && isKeyOf(record, text) ? text : undefined;
}

/** Those of the texts that are keys of the record; undefined where none is. */
export function keysOf<Key extends string>(
  record: Readonly<Record<Key, unknown>>,
  texts: readonly string[],
): Key[] | undefined {
  const keys = texts.filter((text) => isKeyOf(record, text));
  return keys.length === 0 ? undefined : keys;
}

function isKeyOf<Key extends string>(
  record: Readonly<Record<Key, unknown>>,
  text: string,
): text is Key {
  return Object.hasOwn(record, text);
}
