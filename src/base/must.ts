/** The value, which has to be there. @throws Error which says what is missing */
export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}

/** The first of rows of which there has to be one. @throws Error which says what is missing */
export function first<T>(rows: readonly T[], what: string): T {
  return must(rows[0], what);
}
