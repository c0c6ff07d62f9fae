/** The code that Node or the database gave an error: `EADDRINUSE`, an SQLSTATE; undefined: none. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
