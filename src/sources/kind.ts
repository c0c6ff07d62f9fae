import type { ValueReference } from './values.ts';

/** The types of kinds.yaml, which kinds.schema.json holds it to. */

export type HmacAlgorithm = 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha512';
export type KeyPairAlgorithm = 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-sha1' | 'rsa-sha256';
export type Algorithm = HmacAlgorithm | KeyPairAlgorithm | 'equal' | 'basic' | 'jwt';

export type SignatureEncoding = 'hex' | 'base64' | 'base64url';

export type KeyEncoding =
  | 'text'
  | 'base64'
  | 'hex'
  | 'whsec'
  | 'nfkd'
  | 'sha1'
  | 'ampersand'
  | 'whpk'
  | 'ed25519-hex'
  | 'ed25519-base64'
  | 'spki-base64'
  | 'pem';

/** Seconds that a request may be old, and ahead of our clock; null is any. */
export type WindowSeconds = readonly [past: number | null, future: number | null];

export interface TimestampRule {
  /** Where it is, or undefined when it is a pair beside the signature. */
  from?: ValueReference | readonly ValueReference[];
  unit?: 'seconds' | 'milliseconds' | 'iso';
  /** Absent when the provider states none: the timestamp is signed and not compared. */
  window_seconds?: WindowSeconds;
}

export interface HashRule {
  from?: ValueReference;
  claim?: string;
  encoding: SignatureEncoding;
}

export interface TokenRule {
  algorithm: 'HS256';
  issuer?: string;
  body_hash?: HashRule;
  url_hash?: HashRule;
  /** A claim that is the URL itself. */
  url_claim?: string;
  window_seconds?: WindowSeconds;
}

export interface SignatureRule {
  from: ValueReference | readonly ValueReference[];
  format?: 'plain' | 'list' | 'pairs';
  separator?: string;
  signature_key?: string;
  timestamp_key?: string;
  prefix?: string;
  /** Documents and requests of the provider differ in whether it is there. */
  prefix_is_optional?: boolean;
  algorithm?: Algorithm;
  encoding?: SignatureEncoding;
  key?: KeyEncoding;
  /** What is signed; see template.ts. */
  signs?: string;
  timestamp?: TimestampRule;
  body_hash?: HashRule;
  token?: TokenRule;
  /** The URL is tried with its port and without. */
  url_port?: 'either';
  /** What stands in place of a signature when the provider has no secret. */
  unsigned_value?: string;
  /** Without secrets, the address alone is what a sender must know. */
  optional?: boolean;
}

export interface Answer {
  status: number;
  body?: string;
  content_type?: string;
}

export interface HandshakeCondition {
  method?: string;
  /** All must be there; a text is compared, `true` only asks for presence. */
  values?: Readonly<Record<ValueReference, string | boolean>>;
  /** An array that must be there and empty. */
  empty?: ValueReference;
}

export interface Handshake {
  how:
    | 'echo'
    | 'hmac'
    | 'echo-header'
    | 'fixed'
    | 'cloudevents-options'
    | 'call-url'
    | 'show-secret';
  when: HandshakeCondition;
  /** Only a request that is verified is answered. */
  signed?: boolean;
  value?: ValueReference;
  /** What a challenge may look like. Keeps a HMAC from being made over a body of choice. */
  pattern?: string;
  /** A parameter of the source that a value must be equal to, when it is set. */
  check?: { from: ValueReference; parameter: string };
  /** Members of a JSON answer: `{value}` and `{hmac}` are filled in. Without: plain text. */
  json?: Readonly<Record<string, string | number>>;
  text?: string;
  encoding?: SignatureEncoding;
  header?: string;
  /** Addresses that may be called. */
  url_pattern?: string;
  status?: number;
  headers?: Readonly<Record<string, string>>;
  learns_secret?: boolean;
}

export interface ParameterRule {
  description: string;
  required?: boolean;
  secret?: boolean;
}

export interface Alias {
  title: string;
  facts: string;
}

/** A row of kinds.yaml. */
export interface KindRow {
  title: string;
  group: string;
  like?: string;
  aliases?: Readonly<Record<string, Alias>>;
  signature?: SignatureRule | 'none';
  /** A file of dialects/ that verifies it. */
  code?: string;
  /** Kinds that are tried when this one does not verify. */
  also?: readonly string[];
  /** False where keys are fetched and no secret is shared. */
  needs_secret?: boolean;
  /** The signature covers less than the body; what it covers. */
  covers?: string;
  parameters?: Readonly<Record<string, ParameterRule>>;
  type?: ValueReference | readonly ValueReference[];
  /** Why a header that nobody signed may say what type a signed body is of. */
  unsigned_type_because?: string;
  id?: ValueReference | readonly ValueReference[];
  id_is_unique?: boolean;
  handshakes?: readonly Handshake[];
  answer?: Answer;
  refusal_status?: number;
  answer_within_seconds?: number;
  keep?: readonly string[];
  /** `unverified`, or what ran it. */
  facts: string;
}

export interface Kind extends KindRow {
  name: string;
}
