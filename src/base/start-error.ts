/**
 * Posthorn cannot start, for a reason that only the operator can fix. The message is complete:
 * `main.ts` prints it without a stack and exits with 1.
 */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
