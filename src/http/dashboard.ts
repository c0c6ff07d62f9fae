import { codeOf } from '../base/thrown.ts';
import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { etagOf, ownHeaders, serveAssets } from './own-pages.ts';

/** Where `npm run build` leaves the dashboard. */
export const DASHBOARD_DIRECTORY = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

export interface DashboardOptions {
  /** Where the built dashboard is. */
  directory?: string;
  /** The origins whose pages may show the dashboard's page in a frame; none where absent. */
  frameAncestors?: readonly string[] | undefined;
}

/**
 * Serves the built dashboard: its page at `/` and at every path below `/ui/`, where the browser
 * distinguishes the views, and its files at `/ui/assets/`. Their names hold a hash of what is in
 * them, so they may be kept for ever; the page, which names them, is asked for again. Where nothing
 * has been built, `/` says how to.
 */
export async function serveDashboard(
  app: FastifyInstance,
  { directory = DASHBOARD_DIRECTORY, frameAncestors = [] }: DashboardOptions = {},
): Promise<void> {
  const page = await readPage(directory);
  if (page !== undefined)
    await serveAssets(app, { root: `${directory}/assets`, prefix: '/ui/assets/' });
  servePage(app, page ?? Buffer.from(NOT_BUILT), frameAncestors);
}

function servePage(app: FastifyInstance, page: Buffer, frameAncestors: readonly string[]): void {
  const own = ownHeaders(frameAncestors);
  const etag = etagOf(page);
  for (const url of ['/', '/ui', '/ui/*']) {
    app.get(url, (request, reply) => {
      reply.headers({ ...own, 'cache-control': 'no-cache', etag });
      // It knows no origins: the policy stands alone.
      if (frameAncestors.length > 0) reply.removeHeader('x-frame-options');
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type('text/html; charset=utf-8').send(page);
    });
  }
}

async function readPage(directory: string): Promise<Buffer | undefined> {
  try {
    return await readFile(`${directory}/index.html`);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Posthorn</title>
<h1>Posthorn is running</h1>
<p>Its dashboard has not been built yet: run <code>npm run build</code> and start again.
<p>The API is described at <a href="/docs">/docs</a>.
</html>
`;
