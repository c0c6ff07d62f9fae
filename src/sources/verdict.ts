export type RefusalCode =
  | 'secret_missing'
  | 'secret_unusable'
  | 'parameter_missing'
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_mismatch'
  | 'timestamp_missing'
  | 'timestamp_malformed'
  | 'timestamp_too_old'
  | 'timestamp_in_future'
  | 'body_mismatch'
  | 'body_unreadable'
  | 'claim_mismatch'
  | 'key_unavailable'
  | 'key_untrusted';

export interface Refused {
  outcome: 'refused';
  code: RefusalCode;
  /** What is wrong and what to do, for the person who sets the provider up. Holds no secret. */
  reason: string;
}

export type Verdict =
  | { outcome: 'verified' }
  /** The kind has no signature, or none was agreed: who knows the address may post. */
  | { outcome: 'unsigned' }
  | Refused;

export const VERIFIED: Verdict = { outcome: 'verified' };
export const UNSIGNED: Verdict = { outcome: 'unsigned' };

export function refuse(code: RefusalCode, reason: string): Refused {
  return { outcome: 'refused', code, reason };
}
