import type { Call, CallOptions, Http } from './http.ts';

/**
 * The entries of a list, page after page as they are asked for.
 *
 * @param member of the answer, the one that holds the entries
 */
export async function* iteratePages<T>(
  http: Http,
  call: Call,
  member: string,
  options?: CallOptions,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | null | undefined;
  do {
    const query = cursor == null ? call.query : { ...call.query, cursor };
    const page = await http.json<Record<string, unknown>>({ ...call, query }, options);
    yield* page[member] as T[];
    cursor = page['next_cursor'] as string | null;
  } while (cursor !== null);
}
