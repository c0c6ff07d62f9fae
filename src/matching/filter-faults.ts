import type { FieldError } from '../base/errors.ts';
import { FilterError, parseFilter } from './filter.ts';

/** The faults of the member `filter` of a body, by their places; none for a valid one. */
export function findFilterFaults(filter: unknown): FieldError[] {
  if (filter === undefined || filter === null) return [];
  try {
    parseFilter(filter);
    return [];
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return error.faults.map(({ pointer, detail }) => ({ pointer: `/filter${pointer}`, detail }));
  }
}
