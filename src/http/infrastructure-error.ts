import { codeOf } from '../base/thrown.ts';
import { AppError } from '../base/errors.ts';

/** How long a client is asked to wait; recovery within five seconds is what we promise. */
const RETRY_AFTER_SECONDS = 5;

/**
 * SQLSTATE classes and codes that say the server, not the statement, is at fault.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SQLSTATES = [
  /^08/, // connection exception
  /^53/, // insufficient resources: disk full, out of memory, too many connections
  /^57P0[1-5]$/, // shut down, crashed, starting up, database dropped, idle too long
  /^57014$/, // cancelled: statement_timeout
  /^55P03$/, // lock_timeout
  /^58/, // system error: I/O
  /^40(001|P01)$/, // taken back for another transaction's sake: serialization failure, deadlock
  /^25006$/, // read-only transaction: the primary has become a standby
];

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // the socket file of a local server that is down
]);

/** The errors that pg and pg-pool throw without any code. */
const MESSAGES = [
  /^Connection (terminated|ended)\b/,
  /^timeout exceeded when trying to connect/,
  /^Query read timeout/,
  /^Client (was closed|has encountered a connection error) and is not queryable/,
  /^Cannot use a pool after calling end/,
];

/**
 * The 503 `unavailable` that stands for a database which cannot be reached, is starting, stopping
 * or out of space; undefined when `error` is of another kind. Causes are searched too.
 */
export function translateInfrastructureError(error: unknown): AppError | undefined {
  if (!isInfrastructureError(error)) return undefined;
  return new AppError('unavailable', 'The service cannot reach its database. Try again shortly.', {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function isInfrastructureError(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || error instanceof AppError || depth > 4) return false;
  const code = codeOf(error);
  if (code !== undefined) {
    const syscall = 'syscall' in error ? error.syscall : undefined;
    if (SOCKET_CODES.has(code) && (code !== 'ENOENT' || syscall === 'connect')) return true;
    if (SQLSTATES.some((state) => state.test(code)) && code.length === 5) return true;
  }
  if (MESSAGES.some((message) => message.test(error.message))) return true;
  // Where a name has several addresses, Node reports the failure to reach each of them.
  const beneath: unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return beneath.some((one) => isInfrastructureError(one, depth + 1));
}
