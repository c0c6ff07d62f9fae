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
    fragment === undefined || fragment === '' ? '' : `#${MASK}`,
  ].join('');
}

function maskUnreadable(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/${MASK}` : MASK;
}

function maskParameter(parameter: string): string {
  const end = parameter.indexOf('=');
  if (end === -1) return maskSegment(parameter);
  const name = maskSegment(parameter.slice(0, end));
  return end === parameter.length - 1 ? `${name}=` : `${name}=${MASK}`;
}

const LONGEST_WORDS = 48;
/**
 * A word in one case, or several written as one, perhaps with a short number behind (`v1`,
 * `oauth2`); or a number. Keys mix letters and digits, change case without sense, or are longer.
 */
const WORD =
  /^(?:(?:[a-z]{1,20}|[A-Z]{1,12}|[A-Z]?[a-z]{2,20}(?:[A-Z][a-z]{2,20}){0,4})\d{0,3}|\d{1,10})$/;

function maskSegment(segment: string): string {
  if (segment === '' || segment === MASK) return segment;
  const isReadable =
    segment.length <= LONGEST_WORDS &&
    segment.split(/[-_.]/).every((word) => word === '' || WORD.test(word));
  return isReadable ? segment : MASK;
}

/** Whether parts of it are hidden. */
export function isMaskedUrl(url: string): boolean {
  if (url === MASK) return true;
  const [, , path = '', query = '', fragment] = PARTS.exec(url) ?? [];
  return (
    fragment === MASK ||
    path.split('/').includes(MASK) ||
    query
      .split('&')
      .some(
        (parameter) => parameter === MASK || parameter.slice(parameter.indexOf('=') + 1) === MASK,
      )
  );
}
