/** What it comes to, or undefined when that takes longer; it may go on. Rejects as it does. */
export async function withinMs<Value>(
  work: Promise<Value>,
  timeoutMs: number,
): Promise<Value | undefined> {
  const tooLate = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => tooLate.resolve(undefined), timeoutMs);
  // Who no longer waits does not want to hear of it either.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
