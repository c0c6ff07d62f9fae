import type { Verification } from './dialect.ts';
import { keptHeaders, readEvent, type SourceEvent } from './event.ts';
import type { HandshakeResponse } from './handshake-response.ts';
import { answerHandshake, isPairingAgain } from './handshakes.ts';
import { KINDS } from './kinds.ts';
import type { Answer, Kind } from './kind.ts';
import { refuse, type Refused } from './verdict.ts';
import { verify } from './verify.ts';

/** What a request at a source comes to. */
export type Received =
  | { outcome: 'handshake'; response: HandshakeResponse }
  | { outcome: 'refused'; refusal: Refused; status: number }
  | {
      outcome: 'event';
      event: SourceEvent;
      /** False for kinds that sign nothing: who knows the address may post. */
      isVerified: boolean;
      headers: Readonly<Record<string, string>>;
      answer: Answer;
    };

const ANSWER: Answer = { status: 200 };

/** One request at a source of this kind: a handshake, an event or a refusal. */
export async function receive(input: Verification): Promise<Received> {
  const { kind, request } = input;
  const before = answerHandshake({ ...input, isVerified: false });
  if (before !== undefined) return { outcome: 'handshake', response: before };
  const verdict = await verify(input, KINDS.find);
  if (verdict.outcome === 'refused') {
    return refused(kind, isPairingAgain(input) ? secretIsThere(kind) : verdict);
  }
  const isVerified = verdict.outcome === 'verified';
  const response = answerHandshake({ ...input, isVerified });
  if (response !== undefined) return { outcome: 'handshake', response };
  if (!mayBeEvent(kind, request)) {
    const reason = `A ${request.method} without a body is no event and no handshake of ${kind.title}.`;
    return refused(kind, refuse('body_unreadable', reason));
  }
  return {
    outcome: 'event',
    event: readEvent(kind, request),
    isVerified,
    headers: keptHeaders(kind, request),
    answer: kind.answer ?? ANSWER,
  };
}

function refused(kind: Kind, refusal: Refused): Received {
  return { outcome: 'refused', refusal, status: statusOf(kind, refusal) };
}

function secretIsThere({ title }: Kind): Refused {
  return refuse(
    'signature_missing',
    `${title} hands over a secret, and the source has one. Take it from the source first, so that nobody else replaces it.`,
  );
}

/** What may be right the next time is not the provider's fault, so that it tries again. */
function statusOf(kind: Kind, { code }: Refused): number {
  return code === 'key_unavailable' ? 503 : (kind.refusal_status ?? 401);
}

/** A GET is one where the kind signs what its query carries, as Gitea can be set to. */
function mayBeEvent({ signature }: Kind, { method, body }: Verification['request']): boolean {
  if (method === 'GET') return typeof signature === 'object' && signature.signs === '{payload}';
  return (method === 'POST' || method === 'PUT') && body.length > 0;
}
