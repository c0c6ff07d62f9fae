const FORM = /^[A-Za-z0-9._/:-]{1,128}$/;
const MAX_LENGTH = 128;
/** Types that begin so are the service's own. */
const RESERVED = /^posthorn\./i;

/**
 * A provider's name for a type as an event type. What has the form stays as it is; the rest is
 * turned to lower case, with a dot for each run of anything else: `Push Hook` is `push.hook`.
 * Undefined when nothing is left.
 */
export function fitEventType(original: string): string | undefined {
  const fitted = FORM.test(original)
    ? original
    : original
        .toLowerCase()
        .replace(/[^a-z0-9_/:-]+/g, '.')
        .slice(0, MAX_LENGTH)
        .replace(/^\.+|\.+$/g, '');
  if (fitted === '') return undefined;
  return RESERVED.test(fitted) ? `source.${fitted}`.slice(0, MAX_LENGTH) : fitted;
}
