/** The result, or undefined when that takes longer; it may continue. Rejects as it does. */
export async function withinMs<Value>(
  work: Promise<Value>,
  timeoutMs: number,
): Promise<Value | undefined> {
  const tooLate = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => tooLate.resolve(undefined), timeoutMs);
  // A caller that no longer waits does not need the error either.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
