import fastifyCors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** The headers of an answer that scripts of other origins may read, besides those they always may. */
const EXPOSED = [
  'location',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'www-authenticate',
  'x-request-id',
];
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins call the API; without any, no page of another origin can. Keys
 * travel in a header that a page sets itself, so no credentials of the browser are asked for.
 *
 * @param origins as browsers name them, `https://app.example`; `*` is all of them
 */
export async function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[],
): Promise<void> {
  if (origins.length === 0) return;
  await app.register(fastifyCors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: METHODS,
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
    credentials: false,
  });
}
