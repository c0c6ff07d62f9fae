import { isSameText } from '../compare.ts';
import type { Dialect } from '../dialect.ts';
import { createToken, hashText, isTokenSigned, parseToken, timeProblem } from '../jwt.ts';
import { keysOf } from '../keys.ts';
import { readRequest, type SourceRequest } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';

/** A token over method, path and query (`qsh`). The body is not signed. */
export const atlassianConnect: Dialect = {
  verify({ request, secrets, nowMs, parameters }) {
    const reading = readRequest(request);
    const text = reading.header('authorization')?.replace(/^JWT +/i, '') ?? reading.query('jwt');
    const token = text === undefined ? undefined : parseToken(text);
    if (token === undefined) {
      return refuse('signature_missing', 'There is no JWT in `Authorization`.');
    }
    const keys = secrets.flatMap((secret) => keysOf(secret, 'text'));
    if (!keys.some((key) => isTokenSigned(token, 'HS256', key))) {
      return refuse('signature_mismatch', 'No shared secret of the installation signed the token.');
    }
    if (typeof token.claims['exp'] !== 'number') {
      return refuse('timestamp_missing', 'The token does not say when it expires (`exp`).');
    }
    const problem = timeProblem(token, nowMs);
    if (problem !== undefined) return problem;
    const claimed = token.claims['qsh'];
    const expected = queryHash(request, parameters['base_url']);
    return typeof claimed === 'string' && isSameText(claimed, expected)
      ? VERIFIED
      : refuse(
          'claim_mismatch',
          'The token is for another address (`qsh`). Set `base_url` to the base URL of the app.',
        );
  },

  sign({ request, secret, nowMs, parameters }) {
    const [key] = keysOf(secret, 'text');
    if (key === undefined) return undefined;
    const iat = Math.floor(nowMs / 1_000);
    const qsh = queryHash(request, parameters['base_url']);
    const token = createToken({ iss: 'sample', iat, exp: iat + 180, qsh }, 'HS256', key);
    return { ...request, headers: [...request.headers, 'authorization', `JWT ${token}`] };
  },
};

function queryHash({ method, url }: SourceRequest, baseUrl: string | undefined): string {
  const { pathname, searchParams } = new URL(url);
  const basePath = baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).pathname : '';
  const base = basePath.replace(/\/$/, '');
  const path = pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
  const values = new Map<string, string[]>();
  for (const [name, value] of searchParams) {
    if (name !== 'jwt') values.set(name, [...(values.get(name) ?? []), value]);
  }
  const query = [...values]
    .map(([name, list]) => [escaped(name), list.map(escaped).sort().join(',')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
  return hashText([method.toUpperCase(), path.replaceAll('&', '%26'), query].join('&'), 'hex');
}

/** RFC 3986, which asks for more than `encodeURIComponent` does. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
