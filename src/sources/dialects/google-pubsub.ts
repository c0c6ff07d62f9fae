import type { Dialect } from '../dialect.ts';
import { isTokenSigned, parseToken, timeProblem } from '../jwt.ts';
import { readRequest } from '../request.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const KEY_SET_URL = 'https://www.googleapis.com/oauth2/v3/certs';
const ISSUERS = new Set<unknown>(['https://accounts.google.com', 'accounts.google.com']);

/** An OpenID Connect token of a service account. It does not cover the body. */
export const googlePubsub: Dialect = {
  async verify({ request, nowMs, parameters, remoteKeys }) {
    const token = parseToken(readRequest(request).header('authorization') ?? '');
    if (token === undefined) {
      return refuse(
        'signature_missing',
        'There is no token in `Authorization`. Enable authentication for the push subscription.',
      );
    }
    const { claims, keyId } = token;
    if (token.algorithm !== 'RS256' || keyId === undefined || !ISSUERS.has(claims['iss'])) {
      return refuse('claim_mismatch', 'The token was not issued by Google.');
    }
    const audience = parameters['audience'] ?? request.url;
    if (claims['aud'] !== audience) {
      return refuse('claim_mismatch', `The token is not for the audience ${audience}.`);
    }
    const email = parameters['email'];
    if (email !== undefined && (claims['email'] !== email || claims['email_verified'] !== true)) {
      return refuse('claim_mismatch', `The token is not one of ${email}.`);
    }
    if (typeof claims['exp'] !== 'number') {
      return refuse('timestamp_missing', 'The token does not say when it expires (`exp`).');
    }
    const late = timeProblem(token, nowMs);
    if (late !== undefined) return late;
    const found = await remoteKeys.setKey(KEY_SET_URL, keyId, nowMs);
    if ('problem' in found) {
      return refuse(found.isUntrusted ? 'key_untrusted' : 'key_unavailable', found.problem);
    }
    return isTokenSigned(token, 'RS256', found.key)
      ? VERIFIED
      : refuse('signature_mismatch', "Google's key did not sign the token.");
  },
};
