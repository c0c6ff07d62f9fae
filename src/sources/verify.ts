import type { Verification } from './dialect.ts';
import { dialectOf } from './dialects/index.ts';
import type { Kind } from './kind.ts';
import { refuse, UNSIGNED, type Verdict } from './verdict.ts';
import { verifyByTable } from './verify-table.ts';

/**
 * Whether a request is what its kind's provider signed with one of the secrets. Never throws for
 * what a request holds. The clock is the caller's.
 *
 * @param others kinds that `also` may name
 */
export async function verify(
  input: Verification,
  others: (name: string) => Kind | undefined,
): Promise<Verdict> {
  const verdict = await verifyOne(input);
  if (verdict.outcome !== 'refused') return verdict;
  for (const name of input.kind.also ?? []) {
    const kind = others(name);
    if (kind === undefined) continue;
    const another = await verifyOne({ ...input, kind });
    if (another.outcome === 'verified') return another;
  }
  return verdict;
}

async function verifyOne(input: Verification): Promise<Verdict> {
  const { kind, secrets, request } = input;
  const missing = missingParameter(input);
  if (missing !== undefined) return missing;
  const rule = kind.signature;
  if (rule === 'none') return UNSIGNED;
  if (secrets.length === 0) {
    if (rule?.optional === true) return UNSIGNED;
    if (kind.needs_secret !== false) {
      return refuse(
        'secret_missing',
        `The source has no secret yet. Copy it from ${kind.title} into the source, or let the provider hand it over first.`,
      );
    }
  }
  if (isChallengeOnly(kind, request.body)) {
    return refuse('body_unreadable', 'The body is a challenge and no event.');
  }
  if (kind.code !== undefined) return dialectOf(kind.code).verify(input);
  return rule === undefined ? UNSIGNED : verifyByTable(rule, input);
}

function missingParameter({ kind, parameters }: Verification): Verdict | undefined {
  for (const [name, { required, description }] of Object.entries(kind.parameters ?? {})) {
    if (required === true && !parameters[name]) {
      return refuse('parameter_missing', `The source lacks \`${name}\`: ${description}`);
    }
  }
  return undefined;
}

/**
 * Who may have a challenge signed without proof could have a body signed that way. Challenges are
 * held to a pattern that no event fits; this keeps a body that fits it from being one.
 */
function isChallengeOnly(kind: Kind, body: Buffer): boolean {
  if (body.length > 1_024) return false;
  return (kind.handshakes ?? []).some(
    ({ how, signed, pattern }) =>
      how === 'hmac' && signed !== true && new RegExp(pattern ?? '').test(body.toString('latin1')),
  );
}
