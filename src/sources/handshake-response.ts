export interface HandshakeResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** A secret that the provider made: the source's from now on. */
  learnedSecret?: string;
  /** The learned secret is to be shown to the person who sets the provider up. */
  isShown?: boolean;
  /** An address of the provider that is to be called, through the address guard. */
  callUrl?: string;
}

const NO_SNIFF = { 'x-content-type-options': 'nosniff' };

/** Plain text that no browser takes for a page, since part of it is what a stranger sent. */
export function textResponse(body: string, status = 200): HandshakeResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...NO_SNIFF },
    body,
  };
}

export function jsonResponse(
  members: Readonly<Record<string, string | number>>,
  status = 200,
): HandshakeResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...NO_SNIFF },
    body: JSON.stringify(members),
  };
}

export function emptyResponse(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): HandshakeResponse {
  return { status, headers, body: '' };
}
