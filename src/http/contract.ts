import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

import type { Principal } from '../base/principal.ts';
import type { operations } from '../openapi/generated.ts';

/** The operations marked `x-raw-body`, which types generated from the document cannot tell. */
export const RAW_OPERATIONS = [
  'ingestForSubscription',
  'ingestEnvelope',
  'publishEvents',
  'importEventTypes',
  'receiveTestWebhook',
] as const satisfies readonly (keyof operations)[];

/** One handler per operation of openapi.yaml. A feature writes `satisfies Pick<Handlers, …>`. */
export type Handlers = HandlersOf<operations, (typeof RAW_OPERATIONS)[number]>;
export type OperationId = keyof operations;

/** The input of the handler of `Id`. */
export type InputOf<Id extends OperationId> = Parameters<Handlers[Id]>[0];
/** The possible answers of the handler of `Id`: a union over the statuses openapi.yaml declares. */
export type ResultOf<Id extends OperationId> = Awaited<ReturnType<Handlers[Id]>>;

export type HandlersOf<Operations, Raw extends keyof Operations = never> = {
  [Id in keyof Operations]: (
    input: Input<Operations[Id], Id extends Raw ? true : false>,
  ) => Result<Operations[Id]> | Promise<Result<Operations[Id]>>;
};

/** Any of the above, distinguished by the document alone. */
export type AnyHandler = (input: never) => unknown;
export interface AnyResult {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

interface Input<Operation, IsRaw> {
  params: Part<Operation, 'path'>;
  query: WithLimit<Part<Operation, 'query'>>;
  /** Those declared; the rest is in `request.headers`. */
  headers: LowercaseKeys<Part<Operation, 'header'>>;
  body: IsRaw extends true ? Buffer : Body<Operation>;
  principal: Principal;
  request: FastifyRequest;
}

type Part<Operation, In extends string> = Operation extends { parameters: infer All }
  ? In extends keyof All
    ? [NonNullable<All[In]>] extends [never]
      ? Record<never, never>
      : NonNullable<All[In]>
    : Record<never, never>
  : Record<never, never>;

/** Every `limit` of the document has a default, which validation fills in. */
type WithLimit<Query> = Query extends { limit?: infer Limit }
  ? Omit<Query, 'limit'> & { limit: NonNullable<Limit> }
  : Query;

type LowercaseKeys<Headers> = {
  [Name in keyof Headers as Lowercase<Name & string>]: Headers[Name];
};

type Body<Operation> = Operation extends { requestBody: { content: infer Content } }
  ? Content[keyof Content]
  : Operation extends { requestBody?: { content: infer Content } }
    ? Content[keyof Content] | undefined
    : undefined;

type Result<Operation> = Operation extends { responses: infer Responses }
  ? { [Status in keyof Responses]: Answer<Status, Responses[Status]> }[keyof Responses]
  : never;

/** Problems are no answers: they are thrown, as AppError. */
type Answer<Status, Response> = Response extends { content: infer Content }
  ? [Exclude<keyof Content, Problem>] extends [never]
    ? never
    : BodyOf<Status, BodyIn<Omit<Content, Problem>>> & HeadersOf<Response>
  : { status: StatusOf<Status>; body?: undefined } & HeadersOf<Response>;

type Problem = 'application/problem+json';
type StatusOf<Status> = Status extends number ? Status : number;
/** `default` covers 204 and its like, which have none. */
type BodyOf<Status, Body> = Status extends number
  ? { status: Status; body: Body }
  : { status: number; body?: Body };

/** Bodies that are not JSON are sent as they are; so are bytes of JSON whose schema admits any value. */
type BodyIn<Content> = {
  [Media in keyof Content]: Media extends 'application/json'
    ? Content[Media]
    : Content[Media] | Buffer | Readable;
}[keyof Content];

type HeadersOf<Response> = Response extends { headers: infer Headers }
  ? Record<never, never> extends KnownKeys<Headers>
    ? { headers?: KnownKeys<Headers> }
    : { headers: KnownKeys<Headers> }
  : Record<never, never>;

/** Without the index signature that openapi-typescript adds to headers. */
type KnownKeys<Headers> = {
  [Name in keyof Headers as string extends Name ? never : Name]: Headers[Name];
};
