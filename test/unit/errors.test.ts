import t from 'tap';

import { AppError } from '../../src/base/errors.ts';
import { ERROR_ANSWERS, errorHeaders } from '../../src/http/error-answers.ts';
import { translateInfrastructureError } from '../../src/http/infrastructure-error.ts';
import { toProblem } from '../../src/http/problem.ts';
import { apiDocument } from '../helpers/contract.ts';

t.test('the codes are exactly those openapi.yaml lists', async (t) => {
  const schemas = apiDocument.components.schemas as Record<string, { enum: string[] }>;
  t.strictSame(Object.keys(ERROR_ANSWERS).sort(), schemas.ErrorCode?.enum.toSorted());
});

t.test('a problem holds what RFC 9457 asks for and nothing of the cause', async (t) => {
  const error = new AppError('invalid_request', 'The query string is not valid.', {
    errors: [{ pointer: '/query/limit', detail: 'must be integer' }],
    cause: new Error('secret'),
  });
  t.strictSame(toProblem(error), {
    type: 'urn:posthorn:problem:invalid_request',
    title: 'Invalid request',
    status: 400,
    code: 'invalid_request',
    detail: 'The query string is not valid.',
    errors: [{ pointer: '/query/limit', detail: 'must be integer' }],
  });
});

t.test('what an error knows becomes headers', async (t) => {
  t.strictSame(errorHeaders(new AppError('not_found', 'Nothing.')), {});
  t.strictSame(errorHeaders(new AppError('overloaded', 'Later.', { retryAfterSeconds: 1 })), {
    'retry-after': '1',
  });
  t.strictSame(
    errorHeaders(new AppError('method_not_allowed', 'No.', { allowedMethods: ['GET', 'PUT'] })),
    { allow: 'GET, PUT' },
  );
  t.strictSame(errorHeaders(new AppError('loop_detected', 'Round.', { maxHops: 3 })), {
    'posthorn-hops': '3',
  });
});

t.test('who is unknown is told how to make oneself known', async (t) => {
  const challenge = { 'www-authenticate': 'Bearer realm="posthorn"' };
  t.strictSame(errorHeaders(new AppError('unauthorized', 'Who?')), challenge);
  t.strictSame(errorHeaders(new AppError('invalid_signature', 'Who?')), challenge);
});

t.test('a problem lists no more than 32 faults', async (t) => {
  const errors = Array.from({ length: 100 }, (_, index) => ({ pointer: `/${index}`, detail: 'x' }));
  t.equal(toProblem(new AppError('invalid_request', 'Many.', { errors })).errors?.length, 32);
});

const failure = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

const SQLSTATES = ['57P01', '57P02', '57P03', '08006', '08P01', '53100', '53300', '57014', '25006'];

t.test('a database that cannot serve becomes 503 with Retry-After', async (t) => {
  const failures = [
    failure('connect', { code: 'ECONNREFUSED' }),
    failure('connect', { code: 'ENOENT', syscall: 'connect' }),
    new AggregateError([failure('connect', { code: 'ECONNREFUSED' })]),
    ...SQLSTATES.map((code) => failure('from Postgres', { code })),
    failure('Connection terminated unexpectedly'),
    failure('Connection terminated due to connection timeout'),
    failure('timeout exceeded when trying to connect'),
    failure('Query read timeout'),
    failure('Client has encountered a connection error and is not queryable'),
    failure('could not list events', { cause: failure('connect', { code: 'ECONNRESET' }) }),
  ];
  for (const error of failures) {
    const translated = translateInfrastructureError(error);
    const name = `${error.message} ${'code' in error ? error.code : ''}`;
    t.equal(translated?.code, 'unavailable', name);
    t.equal(translated?.retryAfterSeconds, 5);
    t.equal(translated?.cause, error);
  }
});

t.test('a fault of our own is not blamed on the database', async (t) => {
  const others = [
    new TypeError('x is not a function'),
    failure('duplicate key', { code: '23505' }),
    failure('undefined column', { code: '42703' }),
    failure('open', { code: 'ENOENT', syscall: 'open' }),
    new AppError('not_found', 'Nothing here.', { cause: failure('x', { code: 'ECONNREFUSED' }) }),
    'ECONNREFUSED',
    undefined,
  ];
  for (const other of others) t.equal(translateInfrastructureError(other), undefined);
});
