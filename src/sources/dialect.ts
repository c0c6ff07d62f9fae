import type { HandshakeResponse } from './handshake-response.ts';
import type { Kind } from './kind.ts';
import type { RemoteKeys } from './remote-keys.ts';
import type { SourceRequest } from './request.ts';
import type { Verdict } from './verdict.ts';

export interface Verification {
  kind: Kind;
  /** Any of them may have signed, as during a rotation. */
  secrets: readonly string[];
  request: SourceRequest;
  nowMs: number;
  /** What the kind needs beside secrets, by name. */
  parameters: Readonly<Record<string, string>>;
  remoteKeys: RemoteKeys;
}

export interface SampleInput {
  kind: Kind;
  secret: string;
  /** Of the same form as what a provider sends; the signature is put on it. */
  request: SourceRequest;
  nowMs: number;
  parameters: Readonly<Record<string, string>>;
}

/** A way of signing that the table has no words for. */
export interface Dialect {
  verify(input: Verification): Verdict | Promise<Verdict>;
  /** The request with its signature; undefined when this secret cannot make one. */
  sign?(input: SampleInput): SourceRequest | undefined;
  /** Type and id where no reference of values.ts reaches them. */
  read?(request: SourceRequest): { type?: string | undefined; id?: string | undefined };
  answerHandshake?(
    input: Pick<Verification, 'request' | 'secrets' | 'parameters'>,
  ): HandshakeResponse | undefined;
}
