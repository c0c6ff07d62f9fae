import type { components } from '../openapi/generated.ts';
import type { Input } from './command.ts';
import { UsageError } from './command.ts';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** Names and values of a query string; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

export type ApiClient = {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  get<Body>(path: string, query?: Query): Promise<Body>;
  post<Body>(path: string, body?: unknown): Promise<Body>;
  patch<Body>(path: string, body: unknown): Promise<Body>;
  delete(path: string): Promise<void>;
  /** The bytes of an answer. */
  read(path: string, init?: RequestInit): Promise<Buffer>;
  /** The answer itself, whose status is 2xx. @throws ApiError as all of them do */
  send(path: string, init?: RequestInit & { query?: Query }): Promise<Response>;
};

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
    { status, problem, retryAfterMs, cause }: {
      status?: number; problem?: Problem; retryAfterMs?: number; cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same may work a little later. */
  get isTemporary(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

/**
 * The public API, at `--url` or POSTHORN_URL, with the key of `--api-key` or POSTHORN_API_KEY.
 *
 * @throws UsageError when the URL is none
 */
export function createApiClient(input: Input): ApiClient {
  const url = (input.text('url') ?? nonEmpty(process.env['POSTHORN_URL']) ?? DEFAULT_URL)
    .replace(/\/+$/, '');
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UsageError('--url and POSTHORN_URL take a URL that begins with http:// or https://');
  }
  const key = input.text('api-key') ?? nonEmpty(process.env['POSTHORN_API_KEY']);
  const authorization = key === undefined ? undefined : { authorization: `Bearer ${key}` };

  async function send(
    path: string,
    { query = {}, headers, ...init }: RequestInit & { query?: Query } = {},
  ): Promise<Response> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value));
    }
    const target = `${url}${path}${search.size > 0 ? `?${search}` : ''}`;
    try {
      const response = await fetch(target, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...init,
        headers: { ...authorization, ...headers as Record<string, string> },
      });
      if (response.ok) return response;
      throw await toApiError(response);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw unreachable(url, error);
    }
  }

  async function read(path: string, init: RequestInit = {}): Promise<Buffer> {
    const response = await send(path, init);
    try {
      return Buffer.from(await response.arrayBuffer());
    } catch (error) {
      throw unreachable(url, error);
    }
  }

  async function ask<Body>(path: string, init: RequestInit & { query?: Query }): Promise<Body> {
    const response = await send(path, init);
    try {
      return await response.json() as Body;
    } catch (error) {
      throw unreachable(url, error);
    }
  }

  const withBody = (method: string, body: unknown): RequestInit => (body === undefined
    ? { method }
    : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

  return {
    url,
    send,
    read,
    get: (path, query = {}) => ask(path, { query }),
    post: (path, body) => ask(path, withBody('POST', body)),
    patch: (path, body) => ask(path, withBody('PATCH', body)),
    async delete(path) {
      await send(path, { method: 'DELETE' });
    },
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

async function toApiError(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const text = await response.text();
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const problem = readProblem(text);
  return new ApiError(
    problem?.detail ?? `the server answered ${status}, and not as Posthorn does; is this its URL?`,
    { status, problem, retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined },
  );
}

function readProblem(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null;
    return typeof value?.code === 'string' && typeof value.detail === 'string'
      ? value as Problem
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
  const cause = (error as { cause?: unknown }).cause as { code?: string; message?: string } | undefined;
  const { name, message } = error as Error;
  const reason = name === 'TimeoutError'
    ? `no answer within ${TIMEOUT_MS / 1_000} s`
    : REASONS[cause?.code ?? ''] ?? cause?.message ?? message;
  return new ApiError(`cannot reach ${url}: ${reason}`, { cause: error });
}
