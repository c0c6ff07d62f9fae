import type { SignatureRule } from './kind.ts';
import type { Reading } from './request.ts';
import { asList, readValues } from './values.ts';

/** What stands where a signature should. */
export interface GivenSignatures {
  /** True when there is anything, readable or not. */
  isPresent: boolean;
  /** The signatures in their encoding, prefixes taken off. */
  signatures: readonly string[];
  /** The timestamp beside them, when it is one of the pairs. */
  timestamp: string | undefined;
}

/** More than anyone sends while secrets are rotated; each costs a comparison with each secret. */
const MAX_SIGNATURES = 32;

export function readSignatures(reading: Reading, rule: SignatureRule): GivenSignatures {
  const texts = asList(rule.from).flatMap((reference) => readValues(reading, reference));
  const pairs = rule.format === 'pairs' ? texts.flatMap((text) => pairsOf(text, rule)) : [];
  const raw =
    rule.format === 'pairs'
      ? pairs.filter(([key]) => key === rule.signature_key).map(([, value]) => value)
      : texts.flatMap((text) =>
          rule.format === 'list' ? text.split(rule.separator ?? ',') : text,
        );
  return {
    isPresent: texts.length > 0,
    signatures: raw.slice(0, MAX_SIGNATURES).flatMap((text) => withoutPrefix(text.trim(), rule)),
    timestamp: onlyTimestamp(pairs, rule),
  };
}

function pairsOf(text: string, rule: SignatureRule): [key: string, value: string][] {
  return text.split(rule.separator ?? ',').map((pair) => {
    const equals = pair.indexOf('=');
    return equals === -1
      ? [pair.trim(), '']
      : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
  });
}

function withoutPrefix(
  text: string,
  { prefix = '', prefix_is_optional = false }: SignatureRule,
): string[] {
  if (!text.toLowerCase().startsWith(prefix.toLowerCase())) return prefix_is_optional ? [text] : [];
  return text.length > prefix.length ? [text.slice(prefix.length)] : [];
}

/** Two different ones would leave open which of them was signed. */
function onlyTimestamp(
  pairs: readonly [string, string][],
  rule: SignatureRule,
): string | undefined {
  if (rule.timestamp_key === undefined) return undefined;
  const found = new Set(
    pairs.filter(([key]) => key === rule.timestamp_key).map(([, value]) => value),
  );
  return found.size === 1 ? [...found][0] : undefined;
}
