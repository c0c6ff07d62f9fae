import type { FieldError } from '../base/errors.ts';
import { withDoubles } from '../json/exact-json.ts';
import { FilterError, parseFilter } from './filter.ts';

/**
 * The faults of the member `filter` of a body, whose numbers may be exact, by their places; none for a
 * valid one.
 */
export function findFilterFaults(filter: unknown): FieldError[] {
  if (filter === undefined || filter === null) return [];
  try {
    parseFilter(withDoubles(filter));
    return [];
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return error.faults.map(({ pointer, detail }) => ({ pointer: `/filter${pointer}`, detail }));
  }
}
