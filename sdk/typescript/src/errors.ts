import type { ErrorCode, Problem, ProblemItem } from './generated/types.ts';

/** Whatever this client throws. */
export class PosthornError extends Error {
  override readonly name: string = 'PosthornError';
}

/** The service answered with an error. */
export class ApiError extends PosthornError {
  override readonly name: string = 'ApiError';
  /** The HTTP status. */
  readonly status: number;
  /** The stable name of the error; undefined where something before the service answered. */
  readonly code: ErrorCode | undefined;
  readonly detail: string | undefined;
  /** What is wrong with the request, one entry for each fault. */
  readonly errors: readonly ProblemItem[];
  /** What the server's log knows the request by. */
  readonly requestId: string | undefined;
  /** The answer's body: a `Problem`, or text where it was not one. */
  readonly body: unknown;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    const what = problem === undefined ? '' : ` ${problem.code}: ${problem.detail}`;
    super(`The service answered ${response.status}${what}`);
    this.status = response.status;
    this.code = problem?.code;
    this.detail = problem?.detail;
    this.errors = problem?.errors ?? [];
    this.requestId = response.headers.get('x-request-id') ?? undefined;
    this.body = body;
  }
}

/** There was no answer, or not all of it; `cause` says why. */
export class ConnectionError extends PosthornError {
  override readonly name: string = 'ConnectionError';
}

/** There was no answer in time. */
export class TimeoutError extends ConnectionError {
  override readonly name: string = 'TimeoutError';
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
