import type { ErrorObject, ValidateFunction } from 'ajv';
import type { FastifyInstance } from 'fastify';
import type { Test } from 'tap';

import { loadDocument } from '../../src/openapi/document.ts';
import type { ApiDocument, Operation, ResponseSpec } from '../../src/openapi/document.ts';
import { buildAjv } from '../../src/openapi/validation.ts';

const PROBLEM = 'application/problem+json';

/** The project's own document, read once for a test file. */
export const apiDocument = loadDocument(new URL('../../openapi.yaml', import.meta.url));

export interface SeenResponse {
  method: string;
  /** Path and query, as requested. */
  url: string;
  status: number;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** The ways in which a response departs from the document; none, when it keeps to it. */
export type ResponseCheck = (response: SeenResponse) => string[];

export function buildResponseCheck(document: ApiDocument = apiDocument): ResponseCheck {
  const ajv = buildAjv(document, { allErrors: true });
  const headerAjv = buildAjv(document, { allErrors: true, coerceTypes: true });
  const validatorOf = memoize((schema) => ajv.compile(schema));
  // Only within an object can a value be coerced from the text it travels as.
  const headerValidatorOf = memoize((value) =>
    headerAjv.compile({ type: 'object', properties: { value } }),
  );
  const findOperation = buildOperationFinder(document);
  const problemSchema = (document.components.schemas as Record<string, object>).Problem;

  function checkBody(schema: object, body: string): string[] {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return ['its body is not JSON'];
    }
    const validate = validatorOf(schema);
    return validate(value) ? [] : (validate.errors ?? []).map(describe);
  }

  function checkHeaders(spec: ResponseSpec, headers: SeenResponse['headers']): string[] {
    return spec.headers.flatMap(({ name, required, schema }) => {
      const value = headers[name.toLowerCase()];
      if (value === undefined) return required ? [`the header ${name} is missing`] : [];
      const validate = headerValidatorOf(schema);
      return validate({ value }) ? [] : [`the header ${name} ${validate.errors?.[0]?.message}`];
    });
  }

  return (seen) => {
    const mediaType = mediaTypeOf(seen.headers);
    const operation = findOperation(seen.method, seen.url);
    if (operation === undefined) {
      if (mediaType === PROBLEM && problemSchema) return checkBody(problemSchema, seen.body);
      return seen.status >= 400 ? [`an error answered as ${mediaType || 'nothing'}`] : [];
    }
    const spec = operation.responses.get(String(seen.status)) ?? operation.responses.get('default');
    if (spec === undefined) return [`${operation.id} does not declare ${seen.status}`];
    const faults = checkHeaders(spec, seen.headers);
    if (seen.method === 'HEAD' || [204, 205, 304].includes(seen.status)) {
      return seen.body === '' ? faults : [...faults, 'it has a body'];
    }
    if (spec.content.size === 0) return seen.body === '' ? faults : [...faults, 'it has a body'];
    const schema = spec.content.get(mediaType);
    if (schema === undefined) return [...faults, `${mediaType} is not declared`];
    return mediaType.endsWith('json') ? [...faults, ...checkBody(schema, seen.body)] : faults;
  };
}

/**
 * Fails `t` for every response of `app` that departs from the document, whether it was asked for
 * by `inject` or over a socket. To be called before the app is ready.
 */
export function watchResponses(
  t: Test,
  app: FastifyInstance,
  document: ApiDocument = apiDocument,
): void {
  const check = buildResponseCheck(document);
  app.addHook('onSend', async (request, reply, payload) => {
    const isText = typeof payload === 'string' || Buffer.isBuffer(payload);
    if (payload != null && !isText) return;
    const { method, url } = request;
    const headers = reply.getHeaders();
    const seen = { method, url, status: reply.statusCode, headers, body: String(payload ?? '') };
    // A HEAD route runs as GET does; Node drops its body after this hook.
    report(t, method === 'HEAD' ? { ...seen, method: 'GET' } : seen, check);
  });
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else text; undefined where there is none. */
  body: any;
  text: string;
}

/** `fetch` whose every response is held against the document; for processes of their own. */
export function buildCall(
  t: Test,
  origin: string,
  document: ApiDocument = apiDocument,
): (method: string, path: string, init?: RequestInit & { json?: unknown }) => Promise<Answer> {
  const check = buildResponseCheck(document);
  return async (method, path, { json, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (json !== undefined && !headers.has('content-type')) {
      headers.set('content-type', 'application/json');
    }
    const response = await fetch(`${origin}${path}`, {
      redirect: 'manual',
      ...init,
      method,
      headers,
      body: json === undefined ? init.body : JSON.stringify(json),
    });
    const text = await response.text();
    const { status } = response;
    const seen = { method, url: path, status, headers: Object.fromEntries(response.headers) };
    report(t, { ...seen, body: text }, check);
    const isJson = mediaTypeOf(seen.headers).endsWith('json');
    const body = isJson ? JSON.parse(text) : text === '' ? undefined : text;
    return { status, headers: response.headers, body, text };
  };
}

function report(t: Test, seen: SeenResponse, check: ResponseCheck): void {
  const faults = check(seen);
  if (faults.length === 0) return;
  const { method, url, status, body } = seen;
  t.fail(`${method} ${url} → ${status} keeps to openapi.yaml`, { faults, body });
}

function buildOperationFinder(document: ApiDocument) {
  const routes = document.operations
    .map((operation) => {
      const literal = operation.path.replaceAll(/[.+*?^$()|[\]\\]/g, '\\$&');
      return {
        operation,
        // Fewer parameters first: a literal path wins over a template that would match it too.
        parameters: operation.path.split('{').length,
        pattern: new RegExp(`^${literal.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
      };
    })
    .sort((a, b) => a.parameters - b.parameters);
  return (method: string, url: string): Operation | undefined => {
    const path = url.split('?', 1)[0] ?? '';
    return routes.find(
      ({ operation, pattern }) => operation.method === method && pattern.test(path),
    )?.operation;
  };
}

function memoize(compile: (schema: object) => ValidateFunction) {
  const compiled = new Map<object, ValidateFunction>();
  return (schema: object): ValidateFunction => {
    const validate = compiled.get(schema) ?? compile(schema);
    compiled.set(schema, validate);
    return validate;
  };
}

function mediaTypeOf(headers: SeenResponse['headers']): string {
  return String(headers['content-type'] ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();
}

function describe({ instancePath, message }: ErrorObject): string {
  return `${instancePath || 'the body'} ${message}`;
}
