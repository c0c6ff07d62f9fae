import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Where `npm run build` leaves the documentation site. */
export const GUIDES_DIRECTORY = fileURLToPath(new URL('../../dist/guides/', import.meta.url));

/** Nothing but our own files, and no inline script or style; scripts make no markup of text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

type Page = { readonly html: Buffer; readonly etag: string };

/**
 * Serves the guides at `/guides`, as they were built from docs/. No key is asked for: they say what
 * the source says. Without a build there are none, and the paths are 404.
 */
export async function serveGuides(
  app: FastifyInstance,
  directory: string = GUIDES_DIRECTORY,
): Promise<void> {
  const pages = await readPages(directory);
  if (pages.size === 0) return;
  await app.register(fastifyStatic, {
    root: `${directory}/assets`,
    prefix: '/guides/assets/',
    // The build leaves x.js.br and x.js.gz beside x.js.
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
    index: false,
    decorateReply: false,
    setHeaders: (reply) => void reply.headers(HEADERS),
  });
  for (const [name, page] of pages) {
    const urls = name === 'index' ? ['/guides', '/guides/'] : [`/guides/${name}`];
    for (const url of urls) servePage(app, url, page);
  }
}

function servePage(app: FastifyInstance, url: string, { html, etag }: Page): void {
  app.get(url, (request, reply) => {
    reply.headers({ ...HEADERS, 'cache-control': 'no-cache', etag });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type('text/html; charset=utf-8').send(html);
  });
}

async function readPages(directory: string): Promise<ReadonlyMap<string, Page>> {
  const files = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.html'));
  return new Map(await Promise.all(files.map(async (file): Promise<[string, Page]> => {
    const html = await readFile(`${directory}/${file}`);
    const hash = createHash('sha256').update(html).digest('base64url').slice(0, 22);
    return [file.slice(0, -'.html'.length), { html, etag: `"${hash}"` }];
  })));
}
