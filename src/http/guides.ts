import type { FastifyInstance } from 'fastify';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { etagOf, ownHeaders, serveAssets } from './own-pages.ts';

/** Where `npm run build` leaves the documentation site. */
export const GUIDES_DIRECTORY = fileURLToPath(new URL('../../dist/guides/', import.meta.url));

const HEADERS = ownHeaders();

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
  await serveAssets(app, { root: `${directory}/assets`, prefix: '/guides/assets/' });
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
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, Page]> => {
        const html = await readFile(`${directory}/${file}`);
        return [file.slice(0, -'.html'.length), { html, etag: etagOf(html) }];
      }),
    ),
  );
}
