import { pino, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';
import { createLogDestination } from './log-destination.ts';

export type { Logger } from 'pino';

/**
 * The only fields a log line may carry. Redaction by path misses what is nested, renamed or part
 * of a longer text; a list of what is allowed cannot miss anything. Payloads, secrets, headers,
 * query strings and configuration values have no field here, and must not be put into messages.
 */
const FIELDS: ReadonlySet<string> = new Set([
  // attempts, in the API's own names
  'tenant',
  'event_id',
  'event_type',
  'subscription_id',
  'delivery_id',
  'attempt_number',
  'outcome',
  'status_code',
  'duration_ms',
  'error_kind',
  'retry_in_ms',
  'is_recorded',
  'reason',
  'code',
  'operation',
  // processes and the queue
  'role',
  'version',
  'signal',
  'process_id',
  'port',
  'worker_id',
  'component',
  'task',
  'job_id',
  // storage
  'pool',
  'database',
  'data_dir',
  'migration',
  'created',
  'dropped',
  'kept',
  'expired',
  'forgotten_keys',
  'period',
  'rows',
  'count',
  'wait_ms',
  // Fastify's own, through the serializers below
  'reqId',
  'req',
  'res',
  'responseTime',
  'err',
]);

function onlyAllowed(fields: Record<string, unknown>): Record<string, unknown> {
  return isAllowed(fields) ? fields : withoutOthers(fields);
}

/** Nearly always so: a line for every attempt should not cost a copy of its fields. */
function isAllowed(fields: Record<string, unknown>): boolean {
  for (const name in fields) if (!FIELDS.has(name)) return false;
  return true;
}

function withoutOthers(fields: Record<string, unknown>): Record<string, unknown> {
  const allowed: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (FIELDS.has(name)) allowed[name] = value;
    else dropped.push(name);
  }
  if (dropped.length > 0) allowed['dropped_fields'] = dropped;
  return allowed;
}

const MAX_CAUSES = 5;

/** An error without the properties that drivers hang on it: rows, parameters, URLs, headers. */
function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: `not an error: ${typeof error}` };
  const { code, constraint, cause, stack } = error as Error & Record<string, unknown>;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    ...(typeof stack === 'string' && { stack }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: serializeError(cause, depth + 1) }),
  };
}

type LoggedRequest = {
  readonly method?: string;
  readonly url?: string;
  readonly ip?: string;
};

function serializeRequest(request: LoggedRequest) {
  return {
    method: request.method,
    path: request.url?.split('?', 1)[0],
    ip: request.ip,
  };
}

/**
 * JSON lines on standard output, unless another destination is given. Fields outside the list
 * above are left out and their names listed under `dropped_fields`.
 */
export function createLogger(
  config: { readonly logLevel: LevelWithSilent },
  destination?: DestinationStream,
): Logger {
  const logger = pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: onlyAllowed,
      },
      serializers: {
        err: (error: unknown) => serializeError(error),
        req: serializeRequest,
        res: (reply: { readonly statusCode?: number }) => ({ status_code: reply.statusCode }),
      },
    },
    destination ?? createLogDestination(1),
  );
  // pino's own formatter of bindings does not see those of children.
  const child = logger.child;
  logger.child = function filteredChild(this: Logger, bindings: object, options?: object) {
    return child.call(this, onlyAllowed(bindings as Record<string, unknown>), options);
  } as typeof child;
  return logger;
}
