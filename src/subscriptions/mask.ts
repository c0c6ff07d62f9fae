/**
 * The placeholder of a hidden value. It is legal in a URL and in a header, so that what is shown
 * can be read by whatever reads the whole.
 */
export const MASK = '***';

type Headers = Readonly<Record<string, string>>;

/** Authority, path, query and fragment, as the text has them. */
const PARTS = /^(https?:\/\/[^/?#\\]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;
/** Characters that a URL parser would drop or change, so that the parts are not where they seem to be. */
// oxlint-disable-next-line no-control-regex
const MISLEADING = /[\\\x00-\x20\x7f]/;

/** All values are hidden: a key may be called anything. */
export function maskHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, MASK]));
}

/**
 * A target without what may be a secret in it: query values, the fragment, and segments of the path
 * that are no words. A masked text stays as it is.
 */
export function maskUrl(url: string): string {
  const [, authority, path = '', query, fragment] = MISLEADING.test(url)
    ? []
    : (PARTS.exec(url) ?? []);
  if (authority === undefined) return maskUnreadable(url);
  return [
    authority,
    path.split('/').map(maskSegment).join('/'),
    query === undefined ? '' : `?${query.split('&').map(maskParameter).join('&')}`,
    maskFragment(fragment),
  ].join('');
}

/** An origin of another kind (`null`) would not be recognized as the rest of a masked URL. */
function maskUnreadable(url: string): string {
  const { origin } = URL.parse(url) ?? {};
  return origin !== undefined && PARTS.test(origin) ? `${origin}/${MASK}` : MASK;
}

function maskFragment(fragment: string | undefined): string {
  if (fragment === undefined) return '';
  return fragment === '' ? '#' : `#${MASK}`;
}

/** A token may stand where a name does, with an `=` at its end that pads it. */
function maskParameter(parameter: string): string {
  const end = parameter.indexOf('=');
  if (end === -1) return maskSegment(parameter);
  const name = maskSegment(parameter.slice(0, end));
  if (name === MASK) return MASK;
  return end === parameter.length - 1 ? `${name}=` : `${name}=${MASK}`;
}

const LONGEST_WORDS = 48;
const MOST_DIGITS = 10;
/**
 * A word, or several written as one, perhaps with a short number behind (`v1`, `oauth2`); or a
 * number. Keys mix letters and digits, change case without sense, or are longer. None is longer
 * than `notifications`, so a longer word is hidden, too.
 */
const WORD = /^(?:(?:[a-z]{1,13}|[A-Z]?[a-z]{2,13}(?:[A-Z][a-z]{2,13}){0,4})\d{0,3}|\d{1,10})$/;
/** An abbreviation, alone: several parts in capitals are how licence keys are written. */
const CAPITALS = /^[A-Z]{1,12}\d{0,3}$/;

function maskSegment(segment: string): string {
  return segment === '' || isReadable(segment) ? segment : MASK;
}

function isReadable(segment: string): boolean {
  if (CAPITALS.test(segment)) return true;
  return (
    segment.length <= LONGEST_WORDS &&
    segment.replaceAll(/\D/g, '').length <= MOST_DIGITS &&
    segment.split(/[-_.]/).every((word) => word === '' || WORD.test(word))
  );
}

/** Whether parts of it are hidden: true of whatever {@link maskUrl} has hidden something of. */
export function isMaskedUrl(url: string): boolean {
  if (url === MASK) return true;
  const [, , path = '', query = '', fragment] = PARTS.exec(url) ?? [];
  return (
    fragment === MASK || path.split('/').includes(MASK) || query.split('&').some(isMaskedParameter)
  );
}

function isMaskedParameter(parameter: string): boolean {
  const end = parameter.indexOf('=');
  if (end === -1) return parameter === MASK;
  return parameter.slice(0, end) === MASK || parameter.slice(end + 1) === MASK;
}
