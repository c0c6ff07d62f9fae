import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyHttpOptions, FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';

import { AppError } from './base/errors.ts';
import { auditCalls } from './audit/audit-trail.ts';
import type { AuditService } from './audit/audit.service.ts';
import { allowEveryone, isWayIn } from './access/authenticate.ts';
import type { Authenticate } from './http/registrar.ts';
import { serveDashboard } from './http/dashboard.ts';
import { allowOrigins } from './http/cross-origin.ts';
import { serveGuides } from './http/guides.ts';
import {
  handleBareRefusals,
  handleClientError,
  handleError,
  handleFrameworkError,
  handleNotFound,
} from './http/problem.ts';
import { limitRates } from './http/rate-limit.ts';
import type { RateLimitOptions } from './http/rate-limit.ts';
import { secureHeaders } from './http/security-headers.ts';
import { RAW_OPERATIONS } from './http/contract.ts';
import type { AnyHandler } from './http/contract.ts';
import type { ApiDocument, Operation } from './openapi/document.ts';
import { registerOperations } from './http/registrar.ts';

export interface AppDependencies {
  logger: Logger;
  document: ApiDocument;
  handlers: Readonly<Record<string, AnyHandler>>;
  authenticate?: Authenticate;
  /** Absent: none. */
  rateLimits?: RateLimitOptions;
  /** Whose pages may call the API, besides our own. */
  corsOrigins?: readonly string[];
  /** Whose pages may show the dashboard in a frame. */
  frameAncestors?: readonly string[];
  /** Absent: calls are not written down. */
  audit?: AuditService;
  /** As `RAW_OPERATIONS`; given only by tests that bring a document of their own. */
  rawOperations?: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed: none, a number of hops, or addresses and CIDRs. */
  trustProxy?: false | number | readonly string[];
  /** How long `close()` lets requests in flight finish before it cuts them off. */
  closeTimeoutMs?: number;
}

/** The largest body accepted anywhere, in bytes. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * The HTTP API, complete but not listening. Main and tests build it here and nowhere else. Throws
 * when document and handlers differ.
 */
export async function buildApp(deps: AppDependencies): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify(serverOptions(deps));
  // No parser at the root: an unknown path is 404 whatever its body; operations bring their own.
  app.removeAllContentTypeParsers();
  app.setErrorHandler(handleError);
  handleNotFound(app);
  handleBareRefusals(app);
  closeGracefully(app, deps.closeTimeoutMs ?? 10_000);
  logRequests(app);
  await secureHeaders(app, operationNames(deps.document, isWayIn));
  await allowOrigins(app, deps.corsOrigins ?? []);
  if (deps.rateLimits) await limitRates(app, deps.rateLimits);
  if (deps.audit) auditCalls(app, deps.document.operations, deps.audit);
  await serveDocument(app, deps.document);
  await serveDashboard(app, { frameAncestors: deps.frameAncestors });
  await serveGuides(app);
  await registerOperations(app, {
    document: deps.document,
    handlers: deps.handlers,
    authenticate: deps.authenticate ?? allowEveryone,
    rawOperations: deps.rawOperations ?? RAW_OPERATIONS,
  });
  return app;
}

/** Tells operations by name. */
function operationNames(
  { operations }: ApiDocument,
  isMeant: (operation: Operation) => boolean,
): (operationId: string) => boolean {
  const names = new Set(operations.filter(isMeant).map(({ id }) => id));
  return (operationId) => names.has(operationId);
}

function serverOptions({ logger, trustProxy }: AppDependencies): FastifyHttpOptions<Server> {
  return {
    loggerInstance: logger as FastifyBaseLogger,
    // Instead of Fastify's two lines a request, logRequests writes one.
    logController: new LogController({ disableRequestLogging: true }),
    // Unique over all processes, so that a problem's x-request-id finds its log line.
    genReqId: () => randomUUID(),
    // Forwarded addresses are hearsay unless the peer is a proxy of the operator's.
    trustProxy: whomToTrust(trustProxy),
    bodyLimit: MAX_BODY_BYTES,
    // Fastify waits for ever for a slow request; a megabyte takes 30 s at 280 kbit/s.
    requestTimeout: 30_000,
    http: {
      // Headers are small: who needs longer is holding a connection, not sending a request.
      headersTimeout: 10_000,
      // How often the two deadlines above are looked at; Node's default is every 30 s.
      connectionsCheckingInterval: 2_000,
      // handleBareRefusals answers instead, with a problem.
      requireHostHeader: false,
    },
    // A socket on which nothing moves, e.g. since the client does not read its answer. Longer than
    // the slowest answer: a test delivery may take the full 30 s a subscription can ask for.
    connectionTimeout: 60_000,
    // Longer than the 60 s after which common load balancers drop an idle connection, so that it
    // is they who close and no request meets a closing socket.
    keepAliveTimeout: 72_000,
    // Idle connections go at once on close; those with a request in flight may finish it.
    forceCloseConnections: 'idle',
    // Fastify's 503 is no problem+json; closeGracefully answers instead.
    return503OnClosing: false,
    // `__proto__` in a body is an attack or a mistake; either is answered 400.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: {
      // Fits every identifier and, percent-encoded, every event type name. Longer is 414.
      maxParamLength: 1_024,
    },
    frameworkErrors: handleFrameworkError,
    clientErrorHandler: handleClientError,
  };
}

function whomToTrust(
  trustProxy: AppDependencies['trustProxy'],
): FastifyHttpOptions<Server>['trustProxy'] {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  return typeof trustProxy === 'object' ? [...trustProxy] : false;
}

/** Once closing, refuses new requests; past the deadline, drops what has not finished. */
function closeGracefully(app: FastifyInstance, closeTimeoutMs: number): void {
  let isClosing = false;
  const silent = new Set<Socket>();
  app.server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }) => silent.delete(socket));
  app.addHook('preClose', (done) => {
    isClosing = true;
    // From here on Node no longer enforces its own time-outs: one slow sender could hold us up.
    const deadline = setTimeout(() => app.server.closeAllConnections(), closeTimeoutMs);
    // Node counts a connection that has not sent a request yet, a browser's for one, as busy.
    for (const socket of silent) socket.destroy();
    app.server.once('close', () => clearTimeout(deadline));
    done();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!isClosing) return done();
    done(
      new AppError('shutting_down', 'This process is shutting down. Try again.', {
        retryAfterSeconds: 1,
      }),
    );
  });
}

/** One line a request. Successes are for debugging; attempts have a line of their own anyway. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const level = reply.statusCode >= 500 ? 'error' : reply.statusCode >= 400 ? 'info' : 'debug';
    request.log[level](
      {
        req: request,
        operation: request.routeOptions.config.operationId,
        status_code: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
    done();
  });
}

/**
 * `/docs`, `/openapi.yaml` and `/openapi.json`: the document itself. No key is
 * asked for: it says what the source says, and anyone who tries an operation out needs a key for that.
 */
async function serveDocument(app: FastifyInstance, document: ApiDocument): Promise<void> {
  const json = JSON.stringify(document.json);
  await app.register(fastifySwagger, {
    mode: 'static',
    specification: { document: document.json as never },
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    // No call to a validator outside; the plugin's own CSP would upgrade http to https.
    uiConfig: { validatorUrl: null, deepLinking: true },
    staticCSP: {
      'default-src': "'self'",
      'img-src': "'self' data:",
      'style-src': "'self' 'unsafe-inline'",
      'object-src': "'none'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    } as never,
  });
  const { source } = document;
  app.get('/openapi.yaml', (_request, reply) => reply.type('application/yaml').send(source));
  app.get('/openapi.json', (_request, reply) => reply.type('application/json').send(json));
}
