import createClient from 'openapi-fetch';

import type { paths } from '../../openapi/generated.ts';
import { askForSignIn, currentApiKey } from './session.ts';
import type { Problem, ProblemItem } from './types.ts';

/** The public API, and the only thing the dashboard talks to. */
export const api = createClient<paths>({ baseUrl: window.location.origin });

api.use({
  onRequest({ request }) {
    const apiKey = currentApiKey();
    if (apiKey !== null && !request.headers.has('authorization')) {
      request.headers.set('authorization', `Bearer ${apiKey}`);
    }
    return request;
  },
  onResponse({ request, response }) {
    // The sign-in form tries keys itself, and says so by naming one.
    if (response.status === 401 && !isTrial(request)) askForSignIn();
    return response;
  },
});

function isTrial(request: Request): boolean {
  const apiKey = currentApiKey();
  const given = request.headers.get('authorization');
  return given !== null && given !== (apiKey === null ? null : `Bearer ${apiKey}`);
}

/** An answer other than 2xx, or none at all (`status` 0). */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly items: readonly ProblemItem[];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.title = problem.title ?? 'The request failed';
    this.items = problem.errors ?? [];
  }
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws {@link ApiError}; an aborted request stays an `AbortError`. */
export async function ask<Data>(request: Promise<Answer<Data>>): Promise<NonNullable<Data>> {
  let answer: Answer<Data>;
  try {
    answer = await request;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, {
      title: 'No answer',
      detail: 'The server does not answer. It may be restarting; this page keeps trying.',
    });
  }
  if (!isGiven(answer)) throw refusalOf(answer.response, answer.error);
  return answer.data;
}

/** Whether there is what the answer says there is: nothing at all, where that is what 204 says. */
function isGiven<Data>(answer: Answer<Data>): answer is Answer<Data> & { data: NonNullable<Data> } {
  const { data, response } = answer;
  return response.ok && (response.status === 204 || (data !== undefined && data !== null));
}

type Fetch = (request: Request) => Promise<Response>;

/** The data of an answer and its text, which has every digit of numbers that `data` rounds. */
export async function askWithText<Data>(
  request: (fetch: Fetch) => Promise<Answer<Data>>,
): Promise<{ data: NonNullable<Data>; text: string }> {
  let text = '';
  const fetchText: Fetch = async (input) => {
    const response = await fetch(input);
    text = await response.clone().text();
    return response;
  };
  return { data: await ask(request(fetchText)), text };
}

export function refusalOf(response: Response, body: unknown): ApiError {
  return new ApiError(response.status, isProblem(body) ? body : {});
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}

/** True where the key that is used may not look: the view then leaves that part out. */
export function isForbidden(error: ApiError | undefined): boolean {
  return error?.status === 403;
}
