import { codeOf } from '../base/thrown.ts';

/**
 * Whether an error of the database blames what was written: SQLSTATE classes 22 and 23. Of a batch,
 * the rest then deserves a try of its own.
 */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error) ?? '');
}
