import { parseExact } from '../json/exact-json.ts';
import type { components } from '../openapi/generated.ts';
import type { Input } from './command.ts';
import { UsageError } from './command.ts';
import { parseRetryAfter } from '../retries/attempt-policy.ts';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** Names and values of a query string; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Members by which an answer is known: what has others came from something in between. */
export type Shape<Body> = readonly (keyof Body & string)[];

export type Sent = RequestInit & { query?: Query };

/**
 * All of it throws ApiError, also when what answers is not Posthorn but a proxy or a page that asks
 * for a login: any 2xx of another media type, or without the members that the answer has.
 */
export type ApiClient = {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  get<Body>(path: string, shape: Shape<Body>, query?: Query): Promise<Body>;
  post<Body>(path: string, shape: Shape<Body>, body?: unknown): Promise<Body>;
  patch<Body>(path: string, shape: Shape<Body>, body: unknown): Promise<Body>;
  delete(path: string): Promise<void>;
  /** The answer's JSON, its numbers as they were sent, and its headers. */
  ask<Body>(
    path: string,
    shape: Shape<Body>,
    init: Sent,
  ): Promise<{ body: Body; headers: Headers }>;
  /** The bytes of an answer. */
  read(path: string, mediaType: string, init?: Sent): Promise<Buffer>;
  /** The answer itself, whose status is 2xx and whose media type is this one; null: no content. */
  send(path: string, mediaType: string | null, init?: Sent): Promise<Response>;
};

export const JSON_TYPE = 'application/json';

const DEFAULT_URL = 'http://127.0.0.1:3000';
/** Longer than the 30 s that a test send may take. */
const TIMEOUT_MS = 40_000;

/** The API said no, said something else, or did not answer: then without a status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number | undefined;
  readonly problem: Problem | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    {
      status,
      problem,
      retryAfterMs,
      cause,
    }: {
      status?: number;
      problem?: Problem;
      retryAfterMs?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether something answered that is not Posthorn. */
  get isForeign(): boolean {
    return this.status !== undefined && this.problem === undefined;
  }

  /** Whether the same may work a little later. An obstacle in between may go away again. */
  get isTemporary(): boolean {
    return this.status === undefined || this.isForeign || this.status === 429 || this.status >= 500;
  }
}

/**
 * The public API, at `--url` or POSTHORN_URL, with the key of `--api-key` or POSTHORN_API_KEY.
 *
 * @throws UsageError when the URL is none
 */
export function createApiClient(input: Input): ApiClient {
  const url = (input.text('url') ?? nonEmpty(process.env['POSTHORN_URL']) ?? DEFAULT_URL).replace(
    /\/+$/,
    '',
  );
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UsageError('--url and POSTHORN_URL take a URL that begins with http:// or https://');
  }
  const key = input.text('api-key') ?? nonEmpty(process.env['POSTHORN_API_KEY']);
  const fetching = chooseFetch(url);
  const authorization = key === undefined ? undefined : { authorization: `Bearer ${key}` };

  async function send(
    path: string,
    mediaType: string | null,
    { query = {}, headers, ...init }: Sent = {},
  ): Promise<Response> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value));
    }
    const target = `${url}${path}${search.size > 0 ? `?${search}` : ''}`;
    try {
      const response = await (await fetching)(target, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...init,
        headers: { ...authorization, ...(headers as Record<string, string>) },
      });
      if (!response.ok) throw await toApiError(response);
      if (mediaTypeOf(response) !== mediaType) throw foreign(response);
      return response;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw unreachable(url, error);
    }
  }

  async function bytesOf(response: Response): Promise<Buffer> {
    try {
      return Buffer.from(await response.arrayBuffer());
    } catch (error) {
      throw unreachable(url, error);
    }
  }

  async function ask<Body>(path: string, shape: Shape<Body>, init: Sent) {
    const response = await send(path, JSON_TYPE, init);
    const body = readMembers<Body>((await bytesOf(response)).toString(), shape);
    if (body === undefined) throw foreign(response);
    return { body, headers: response.headers };
  }

  async function change<Body>(
    method: string,
    path: string,
    { shape, body }: { shape: Shape<Body>; body: unknown },
  ): Promise<Body> {
    const content =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': JSON_TYPE } };
    return (await ask(path, shape, { method, ...content })).body;
  }

  return {
    url,
    send,
    ask,
    read: async (path, mediaType, init) => bytesOf(await send(path, mediaType, init)),
    get: async (path, shape, query = {}) => (await ask(path, shape, { query })).body,
    post: (path, shape, body) => change('POST', path, { shape, body }),
    patch: (path, shape, body) => change('PATCH', path, { shape, body }),
    async delete(path) {
      await send(path, null, { method: 'DELETE' });
    },
  };
}

/**
 * Through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, as other programs do; Node's own
 * fetch knows none of them. This machine is reached directly.
 */
async function chooseFetch(url: string): Promise<typeof fetch> {
  const isSet = ['http_proxy', 'https_proxy'].some(
    (name) => nonEmpty(process.env[name] ?? process.env[name.toUpperCase()]) !== undefined,
  );
  if (!isSet || isLoopback(new URL(url).hostname)) return fetch;
  const { EnvHttpProxyAgent, fetch: fetchThrough } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  // The same by specification; only the types come from two packages.
  return ((target: string, init: object) =>
    fetchThrough(target, { ...init, dispatcher })) as unknown as typeof fetch;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Null: it has no content, and says so. */
function mediaTypeOf({ status, headers }: Response): string | null {
  if (status === 204) return null;
  return headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The object of a JSON text; undefined where it is none, or lacks a member. */
function readMembers<Body>(text: string, shape: Shape<Body>): Body | undefined {
  try {
    const value = parseExact(text);
    const isKnown =
      typeof value === 'object' &&
      value !== null &&
      shape.every((name) => Object.hasOwn(value, name));
    return isKnown ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer of a proxy, a login page or another program. */
function foreign(response: Response): ApiError {
  const { status } = response;
  const what = mediaTypeOf(response) || 'no content';
  return new ApiError(
    `the server answered ${status} with ${what}, and not as Posthorn does; is this its URL?`,
    { status },
  );
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

async function toApiError(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const text = await response.text();
  const retryAfterMs = parseRetryAfter(headers.get('retry-after') ?? undefined, Date.now());
  const problem = readProblem(text);
  return new ApiError(
    problem?.detail ?? `the server answered ${status}, and not as Posthorn does; is this its URL?`,
    { status, problem, retryAfterMs },
  );
}

function readProblem(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null;
    return typeof value?.code === 'string' && typeof value.detail === 'string'
      ? (value as Problem)
      : undefined;
  } catch {
    return undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is Posthorn running? (posthorn serve)',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name could not be resolved',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
};

function unreachable(url: string, error: unknown): ApiError {
  const cause = (error as { cause?: unknown }).cause as
    | { code?: string; message?: string }
    | undefined;
  const { name, message } = error as Error;
  const reason =
    name === 'TimeoutError'
      ? `no answer within ${TIMEOUT_MS / 1_000} s`
      : (REASONS[cause?.code ?? ''] ?? cause?.message ?? message);
  return new ApiError(`cannot reach ${url}: ${reason}`, { cause: error });
}
