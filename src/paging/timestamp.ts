import { AppError } from '../base/errors.ts';

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[t\s](\d\d:\d\d:)(\d\d)(\.\d+)?(?:z|([+-]\d\d):?(\d\d)?)$/i;
/** The range of 48 bits of milliseconds, and so of an id. */
const LATEST_MS = 2 ** 48 - 1;

/**
 * The moment a query parameter of format `date-time` names, to the millisecond, brought within
 * what ids can express. A leap second is the end of the second before it.
 *
 * @param name the parameter, or the member of a body, for the error
 * @param pointer where that is; among the parameters of the query unless said
 * @throws AppError `invalid_request`
 */
export function parseTimestamp(
  text: string,
  name: string,
  pointer: string = `/query/${name}`,
): Date {
  const [, date, minutes, seconds, fraction = '', hours, minutesOff = '00'] =
    RFC_3339.exec(text) ?? [];
  const zone = hours === undefined ? 'Z' : `${hours}:${minutesOff}`;
  const precise = seconds === '60' ? '59.999' : `${seconds}${fraction}`;
  const ms = Date.parse(`${date}T${minutes}${precise}${zone}`);
  if (Number.isNaN(ms)) {
    throw new AppError('invalid_request', `The value of ${name} is not a time.`, {
      errors: [{ pointer, detail: 'must be an RFC 3339 time' }],
    });
  }
  return new Date(Math.min(Math.max(ms, 0), LATEST_MS));
}
