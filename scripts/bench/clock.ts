/**
 * Microseconds on the machine's monotonic clock. All processes of one machine read the same one,
 * so a time taken in the load generator may be compared in the receiver.
 */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000_000 + Math.floor(nanoseconds / 1_000);
}

/** Digits of a time as payloads carry it. */
export const TIME_DIGITS = 16;
