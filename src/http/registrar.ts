import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

import { AppError } from '../base/errors.ts';
import type { Principal } from '../base/principal.ts';
import { discardBodies, parseJsonBodies } from './json-body.ts';
import { assertRawBody, keepRawBodies } from './raw-body.ts';
import type { AnyHandler, AnyResult } from './contract.ts';
import { DOCUMENT_ID } from '../openapi/document.ts';
import type { ApiDocument, JsonSchema, Operation, Parameter } from '../openapi/document.ts';
import { buildValidatorCompiler } from '../openapi/validation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before validation on every route that is an operation of the document. */
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    operationId?: string;
  }
}

/**
 * Decides whether `request` may call `operation`, whose `security` lists what would do. Runs
 * before the body is read. Throws AppError `unauthorized` or `forbidden`.
 */
export type Authenticate = (
  request: FastifyRequest,
  operation: Operation,
) => Principal | Promise<Principal>;

export interface RegistrarOptions {
  document: ApiDocument;
  /** One handler per operationId, no more and no fewer. */
  handlers: Readonly<Record<string, AnyHandler>>;
  authenticate: Authenticate;
  /** The operations whose handler types say `Buffer`: must be those marked `x-raw-body`. */
  rawOperations: readonly string[];
}

const PROBLEM = 'application/problem+json';
const JSON_MEDIA_TYPE = 'application/json';

/**
 * Turns the document into routes: every operation validated, authenticated and serialized as it
 * says. Throws, before anything listens, when document and handlers do not match exactly.
 */
export async function registerOperations(
  app: FastifyInstance,
  options: RegistrarOptions,
): Promise<void> {
  const { document } = options;
  assertNoDrift(options);
  app.decorateRequest('principal', null);
  app.setValidatorCompiler(buildValidatorCompiler(document));
  app.addSchema({ $id: DOCUMENT_ID, components: document.components });
  // Fastify chooses a parser by media type alone, so each way of reading bodies has its own scope.
  const scopes = Map.groupBy(document.operations, bodyParserOf);
  for (const [useBodyParser, operations] of scopes) {
    await app.register(async (scope) => {
      useBodyParser(scope);
      for (const operation of operations) scope.route(buildRoute(operation, options));
    });
  }
}

function assertNoDrift({ document, handlers, rawOperations }: RegistrarOptions): void {
  const ids = document.operations.map(({ id }) => id);
  const schemes = Object.keys(document.components.securitySchemes ?? {});
  const raw = document.operations.filter(({ isRawBody }) => isRawBody).map(({ id }) => id);
  const faults = [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is declared twice`),
    ...ids.filter((id) => !Object.hasOwn(handlers, id)).map((id) => `${id} has no handler`),
    ...Object.keys(handlers)
      .filter((id) => !ids.includes(id))
      .map((id) => `the handler ${id} has no operation`),
    ...document.operations.flatMap(({ id, security }) =>
      security
        .flatMap((requirement) => Object.keys(requirement))
        .filter((scheme) => !schemes.includes(scheme))
        .map((scheme) => `${id} names the unknown security scheme ${scheme}`),
    ),
    ...raw.filter((id) => !rawOperations.includes(id)).map((id) => `${id} is not typed as raw`),
    ...rawOperations.filter((id) => !raw.includes(id)).map((id) => `${id} is not x-raw-body`),
  ];
  if (faults.length > 0) throw new Error(`openapi.yaml and code differ: ${faults.join('; ')}`);
}

function bodyParserOf(operation: Operation): (scope: FastifyInstance) => void {
  if (operation.isRawBody) return keepRawBodies;
  return operation.requestBody ? parseJsonBodies : discardBodies;
}

function buildRoute(operation: Operation, options: RegistrarOptions): RouteOptions {
  const { authenticate, handlers } = options;
  // `never` lets handlers of every operation into one record; the document vouches for the input.
  const handle = handlers[operation.id] as (input: object) => AnyResult | Promise<AnyResult>;
  const answers = readAnswers(operation);
  return {
    method: operation.method as RouteOptions['method'],
    url: operation.path.replaceAll(/\{([^}]+)\}/g, ':$1'),
    config: { operationId: operation.id },
    schema: buildSchema(operation),
    onRequest: async (request) => {
      request.principal = await authenticate(request, operation);
    },
    preValidation: (request, _reply, done) => {
      assertBody(operation, request);
      done();
    },
    handler: async (request, reply) => {
      const { params, query, headers, body, principal } = request;
      const result = await handle({ params, query, headers, body, principal, request });
      return send(reply, answers, result);
    },
  };
}

function assertBody({ requestBody, isRawBody }: Operation, request: FastifyRequest): void {
  if (requestBody === undefined) return;
  if (isRawBody) {
    assertRawBody(request, requestBody);
  } else if (requestBody.required && request.body === undefined) {
    throw new AppError('invalid_json', 'A body is required.');
  } else if (!requestBody.required && request.body === null) {
    // To the validator, an absent body is null as well.
    throw new AppError('invalid_request', 'The request body is not valid: it must not be null.');
  }
}

function buildSchema({ parameters, requestBody, isRawBody, responses }: Operation): object {
  const part = (location: Parameter['in']) => parameters.filter((one) => one.in === location);
  const hasJsonBody = requestBody !== undefined && !isRawBody;
  return {
    params: objectOf(part('path')),
    querystring: { ...objectOf(part('query')), additionalProperties: false },
    headers: objectOf(part('header').map((one) => ({ ...one, name: one.name.toLowerCase() }))),
    ...(hasJsonBody && { body: bodySchema(requestBody) }),
    response: Object.fromEntries(
      [...responses].flatMap(([status, { content }]) => {
        const schema = content.get(JSON_MEDIA_TYPE);
        return schema ? [[status, { content: { [JSON_MEDIA_TYPE]: { schema } } }]] : [];
      }),
    ),
  };
}

function objectOf(parameters: readonly Parameter[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}

/** Given flat: by a `content` map Fastify would not validate a media type it does not list. */
function bodySchema({ required, schema }: NonNullable<Operation['requestBody']>): JsonSchema {
  // An absent body is handed to the validator as null.
  return required ? schema : { anyOf: [{ type: 'null' }, schema] };
}

/**
 * The media type of each status a handler may answer, undefined where there is no body. Problems
 * are not among them: those are thrown.
 */
function readAnswers({ responses }: Operation): Map<string, string | undefined> {
  const answers = new Map<string, string | undefined>();
  for (const [status, { content }] of responses) {
    const mediaType = [...content.keys()].find((type) => type !== PROBLEM);
    if (content.size === 0 || mediaType !== undefined) answers.set(status, mediaType);
  }
  return answers;
}

type Answers = ReturnType<typeof readAnswers>;

/** Fastify would send an undeclared status unserialized, so it is refused here: a 500. */
function send(reply: FastifyReply, answers: Answers, result: AnyResult): FastifyReply {
  const { status, body, headers } = result;
  const declared = answers.has(String(status)) ? String(status) : 'default';
  if (!answers.has(declared)) throw new Error(`openapi.yaml declares no answer ${status}`);
  const mediaType = answers.get(declared);
  const mayLackBody = declared === 'default' && body === undefined;
  if ((body === undefined) !== (mediaType === undefined) && !mayLackBody) {
    throw new Error(`openapi.yaml declares ${status} ${mediaType ? 'with' : 'without'} a body`);
  }
  reply.code(status);
  if (headers) reply.headers(headers);
  const isVerbatim =
    typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable;
  // Without one Fastify sets its own application/json, which finds the serializer as well.
  const isOther = isVerbatim || mediaType !== JSON_MEDIA_TYPE;
  if (mediaType && body !== undefined && isOther) reply.type(mediaType);
  return reply.send(body);
}
