import type { FieldError } from '../base/errors.ts';
import { FilterError, parseFilter } from './filter.ts';

/** What is wrong with the member `filter` of a body, by its place there; nothing with none. */
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
