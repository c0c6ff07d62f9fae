import type { IncomingHttpHeaders } from 'node:http';

type Request = {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
};

/** Any of these says that a proxy on this machine speaks for someone who may be anywhere. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];
const LOOPBACK_HOST = /^(?:[a-z0-9-]+\.)*localhost$|^127(?:\.\d{1,3}){3}$|^\[::1\]$/;

/**
 * Whether a request was made on this machine and means it. The peer's address alone would let in
 * everyone behind a proxy on this machine; and every web page that its user opens: with a form, or
 * under a name of its own that it lets resolve to 127.0.0.1.
 */
export function isFromThisMachine({ socket, headers }: Request): boolean {
  const address = socket.remoteAddress ?? '';
  return (
    (address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')) &&
    FORWARDED.every((name) => headers[name] === undefined) &&
    isLoopbackHost(headers.host) &&
    (headers.origin === undefined || isLoopbackOrigin(headers.origin))
  );
}

function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host.toLowerCase().replace(/:\d{1,5}$/, ''));
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK_HOST.test(new URL(origin).hostname);
}
