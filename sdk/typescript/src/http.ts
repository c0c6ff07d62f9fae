import { ApiError, ConnectionError, TimeoutError } from './errors.ts';
import { isRepeatable, isWorthRetrying, waitMs } from './retry.ts';

export type ClientOptions = {
  /** Where the service is, such as `https://posthorn.example`; a path is kept. */
  baseUrl: string | URL;
  apiKey?: string | undefined;
  /** How long each try may take, its answer included. 30 seconds where nothing is said. */
  timeoutMs?: number | undefined;
  /** How often a request is sent again at the most. 3 where nothing is said. */
  maxRetries?: number | undefined;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Used in place of the global `fetch`. */
  fetch?: typeof fetch | undefined;
};

/** What a single call may set for itself. */
export type CallOptions = {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  maxRetries?: number | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
};

export type QueryValue = string | number | boolean | readonly (string | number)[] | undefined;

export type Call = {
  readonly method: string;
  readonly path: string;
  readonly query?: object | undefined;
  /** A `Uint8Array` is sent as it is, all else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly takesIdempotencyKey?: boolean;
};

export type Http = {
  /** The answer's JSON, or undefined where it has no body. @throws PosthornError */
  json<T>(call: Call, options?: CallOptions): Promise<T>;
  text(call: Call, options?: CallOptions): Promise<string>;
  /** The answer with its body unread, which may take as long as it takes. */
  open(call: Call, options?: CallOptions): Promise<Response>;
};

const TIMEOUT_MS = 30_000;
const MAX_RETRIES = 3;

/** One way to the service: where it is, the key, time-outs and retries. */
export function createHttp(client: ClientOptions): Http {
  const base = String(client.baseUrl).replace(/\/+$/, '');
  const send = client.fetch ?? ((input, init) => globalThis.fetch(input, init));

  function toRequest(call: Call, options: CallOptions) {
    const headers = new Headers(client.headers);
    if (client.apiKey !== undefined) headers.set('authorization', `Bearer ${client.apiKey}`);
    if (call.body !== undefined) headers.set('content-type', 'application/json');
    for (const [name, value] of Object.entries({ ...call.headers, ...options.headers })) {
      if (value !== undefined) headers.set(name, value);
    }
    // The same over all tries, so that what was done once is not done again.
    if (call.takesIdempotencyKey && !headers.has('idempotency-key')) {
      headers.set('idempotency-key', newKey());
    }
    const isBytes = call.body instanceof Uint8Array;
    const body = isBytes ? (call.body as Uint8Array<ArrayBuffer>) : JSON.stringify(call.body);
    return {
      url: base + call.path + toQuery(call.query),
      init: { method: call.method, headers, ...(body !== undefined && { body }) },
    };
  }

  async function once<T>(
    { url, init }: ReturnType<typeof toRequest>,
    { signal, timeoutMs }: CallOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<{ response: Response; value: T } | { response: Response; error: unknown }> {
    const abort = new AbortController();
    const onAbort = () => abort.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort, { once: true });
    const limitMs = timeoutMs ?? client.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(
      () => abort.abort(new TimeoutError(`no answer within ${limitMs} ms`)),
      limitMs,
    );
    try {
      const response = await send(url, { ...init, signal: abort.signal });
      return response.ok
        ? { response, value: await read(response) }
        : { response, error: await readError(response) };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (abort.signal.aborted) throw abort.signal.reason;
      throw new ConnectionError(`no answer from ${url}`, { cause: error });
    } finally {
      clearTimeout(timer);
      // A body that is handed out unread ends with the signal as well.
      if ((read as unknown) !== unread) signal?.removeEventListener('abort', onAbort);
    }
  }

  async function request<T>(
    call: Call,
    options: CallOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const prepared = toRequest(call, options);
    const maxTries = 1 + (options.maxRetries ?? client.maxRetries ?? MAX_RETRIES);
    const repeatable = isRepeatable(call.method, prepared.init.headers.has('idempotency-key'));
    for (let tries = 1; ; tries += 1) {
      let delayMs: number | undefined;
      try {
        const answer = await once(prepared, options, read);
        if ('value' in answer) return answer.value;
        const error = new ApiError(answer.response, answer.error);
        if (isWorthRetrying(error.status, error.code, repeatable)) {
          delayMs = waitMs(tries, answer.response.headers.get('retry-after'));
        }
        if (delayMs === undefined || tries >= maxTries) throw error;
      } catch (error) {
        if (!(error instanceof ConnectionError) || !repeatable || tries >= maxTries) throw error;
        delayMs = waitMs(tries, null);
      }
      await pause(delayMs ?? 0, options.signal);
    }
  }

  return {
    json: <T>(call: Call, options: CallOptions = {}) => request(call, options, readJson<T>),
    text: (call, options = {}) => request(call, options, (response) => response.text()),
    open: (call, options = {}) => request(call, options, unread),
  };
}

const unread = async (response: Response): Promise<Response> => response;

async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function readError(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toQuery(query: object = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query as Record<string, QueryValue>)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search.size === 0 ? '' : `?${search}`;
}

/** `crypto.randomUUID` is missing from pages that came over plain HTTP. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `sdk-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** @throws what the signal is aborted with */
export function pause(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
