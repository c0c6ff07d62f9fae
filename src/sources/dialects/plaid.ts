import type { Dialect } from '../dialect.ts';
import { claimProblem, isTokenSigned, parseToken, timeProblem } from '../jwt.ts';
import type { KeyRequest } from '../remote-keys.ts';
import { readRequest } from '../request.ts';
import { isRecord } from '../values.ts';
import { refuse, VERIFIED } from '../verdict.ts';

const HEADER = 'plaid-verification';
const WINDOW = [300, 300] as const;
const BODY_HASH = { claim: 'request_body_sha256', encoding: 'hex' } as const;
const HOSTS: Readonly<Record<string, string>> = {
  production: 'https://production.plaid.com',
  sandbox: 'https://sandbox.plaid.com',
};

/** A token with the body's hash, signed with a key that Plaid's API gives out by its id. */
export const plaid: Dialect = {
  async verify({ request, nowMs, parameters, remoteKeys }) {
    const token = parseToken(readRequest(request).header(HEADER) ?? '');
    if (token === undefined) {
      return refuse('signature_missing', `There is no token in \`${HEADER}\`.`);
    }
    const { keyId } = token;
    if (token.algorithm !== 'ES256' || keyId === undefined || !/^[\w-]{1,100}$/.test(keyId)) {
      return refuse('signature_malformed', `The token in \`${HEADER}\` is not signed with ES256.`);
    }
    // Before a key is asked for: what is refused anyway costs Plaid no call.
    const problem =
      timeProblem(token, nowMs, WINDOW) ??
      claimProblem(token, { algorithm: 'HS256', body_hash: BODY_HASH }, request);
    if (problem !== undefined) return problem;
    const name = `plaid ${parameters['client_id']} ${keyId}`;
    const found = await remoteKeys.namedKey(name, keyRequest(parameters, keyId), keyOf, nowMs);
    if ('problem' in found) {
      return refuse(found.isUntrusted ? 'key_untrusted' : 'key_unavailable', found.problem);
    }
    return isTokenSigned(token, 'ES256', found.key)
      ? VERIFIED
      : refuse('signature_mismatch', "Plaid's key did not sign the token.");
  },
};

function keyRequest(parameters: Readonly<Record<string, string>>, keyId: string): KeyRequest {
  const host = HOSTS[parameters['environment'] ?? 'production'] ?? HOSTS['production'];
  return {
    method: 'POST',
    url: `${host}/webhook_verification_key/get`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: parameters['client_id'],
      secret: parameters['client_secret'],
      key_id: keyId,
    }),
  };
}

/** Plaid takes keys back by giving them an end. */
function keyOf(answer: unknown): unknown {
  const key: unknown = isRecord(answer) ? answer['key'] : undefined;
  return isRecord(key) && (key['expired_at'] ?? null) === null ? key : undefined;
}
