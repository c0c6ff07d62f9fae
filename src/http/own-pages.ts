import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';

/**
 * Nothing but our own files, and no inline script or style, so that a payload which finds its way
 * into a page as markup still does nothing. Trusted types refuse markup from text altogether.
 */
const contentSecurityPolicy = (frameAncestors: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors.join(' ') || "'none'"}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/** The headers of every page and file of ours. `frameAncestors` may show it in a frame. */
export const ownHeaders = (frameAncestors: readonly string[] = []) => ({
  'content-security-policy': contentSecurityPolicy(frameAncestors),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});

export function etagOf(page: Buffer): string {
  return `"${createHash('sha256').update(page).digest('base64url').slice(0, 22)}"`;
}

/** Serves built files whose names hold a hash of what is in them: they may be kept for ever. */
export async function serveAssets(
  app: FastifyInstance,
  { root, prefix }: { root: string; prefix: string },
): Promise<void> {
  const headers = ownHeaders();
  await app.register(fastifyStatic, {
    root,
    prefix,
    // The build leaves x.js.br and x.js.gz beside x.js.
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
    index: false,
    decorateReply: false,
    setHeaders: (reply) => void reply.headers(headers),
  });
}
