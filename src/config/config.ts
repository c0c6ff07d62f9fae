import { messageOf } from '../base/thrown.ts';
import { resolve } from 'node:path';
import {
  apiKeys,
  attributes,
  cidrs,
  corsOrigins,
  cron,
  encryptionKeys,
  integer,
  isLoopbackHost,
  oneOf,
  onOrOff,
  origin,
  origins,
  retrySchedule,
  trustedProxies,
  urlOf,
} from './config-values.ts';
import { PRESETS } from '../retries/retry-schedule.ts';
import { LOOPBACK_UNTIL_FIRST_KEY, type PrivateTargets } from '../sender/target-guard.ts';
import { StartError } from '../base/start-error.ts';

/** One environment variable: what it means, what it is when absent, how its text is read. */
type Setting<T> = {
  readonly key: string;
  readonly description: string;
  /** The text used when the variable is absent or empty. */
  readonly default?: string;
  /** For a default that depends on other settings: how documentation words it, and its value. */
  readonly derived?: { readonly text: string; readonly from: (given: Given) => T };
  /** Set but empty is a value of its own rather than the same as absent. */
  readonly isEmptyMeaningful?: boolean;
  /** Throws an Error that says what was expected, without the value. */
  readonly parse: (text: string) => T;
};

type Given = { readonly host: string; readonly apiKeys: readonly string[] };

function required<T>(setting: Setting<T> & ({ default: string } | { derived: object })) {
  return setting as Setting<T>;
}

function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return setting as Setting<T | undefined>;
}

const text = (value: string): string => value;

/**
 * Every setting, in the order in which documentation lists them. `.env.example` and the table in
 * README are generated from it.
 */
export const SETTINGS = {
  databaseUrl: optional({
    key: 'DATABASE_URL',
    description:
      'Postgres 15 or later. Absent: an embedded Postgres that keeps its data in DATA_DIR.',
    parse: urlOf('postgres', 'postgresql'),
  }),
  databasePoolSize: required({
    key: 'DATABASE_POOL_SIZE',
    description: "Connections that each of a process's pools may open.",
    default: '10',
    parse: integer(2, 200),
  }),
  databaseWaitSeconds: required({
    key: 'DATABASE_WAIT_SECONDS',
    description: 'How long a starting process waits for a database that does not answer yet.',
    default: '60',
    parse: integer(0, 86_400),
  }),
  dataDir: required({
    key: 'DATA_DIR',
    description: 'Folder of the embedded Postgres. Not used when DATABASE_URL is set.',
    default: '.posthorn',
    parse: (path) => resolve(path),
  }),
  redisUrl: optional({
    key: 'REDIS_URL',
    description: 'Redis for the subscription cache. Absent: each process caches for itself.',
    parse: urlOf('redis', 'rediss'),
  }),
  cacheTtlSeconds: required({
    key: 'CACHE_TTL_SECONDS',
    description: 'How long a cached subscription may live.',
    default: '600',
    parse: integer(1, 86_400),
  }),
  host: required({
    key: 'HOST',
    description: 'Address the API listens on. 0.0.0.0 for every network.',
    default: '127.0.0.1',
    parse: text,
  }),
  port: required({
    key: 'PORT',
    description: 'Port the API listens on. 0 picks a free one.',
    default: '3000',
    parse: integer(0, 65_535),
  }),
  trustProxy: required({
    key: 'TRUST_PROXY',
    description:
      'Proxies whose X-Forwarded-* headers count: off, a number of hops, or their networks.',
    default: 'off',
    parse: trustedProxies,
  }),
  apiKeys: required({
    key: 'API_KEYS',
    description:
      'Keys that may do everything for every tenant, comma-separated, 16 characters or more ' +
      'each. Keys that may do less are made with POST /api-keys or `posthorn keys create`.',
    derived: { text: 'none', from: () => Object.freeze<string[]>([]) },
    parse: apiKeys,
  }),
  rateLimitPerKey: required({
    key: 'RATE_LIMIT_PER_KEY',
    description:
      'Requests a second that one API key may make; 0 is any number. Counted in Redis ' +
      'when REDIS_URL is set, otherwise by each process for itself.',
    default: '0',
    parse: integer(0, 1_000_000),
  }),
  rateLimitPerAddress: required({
    key: 'RATE_LIMIT_PER_ADDRESS',
    description:
      'Requests a second from one address (IPv6: one /64) that carry no known API key; ' +
      '0 is any number.',
    derived: {
      text: '0 while HOST is a loopback address, otherwise 1000',
      from: (given) => (isLoopbackHost(given.host) ? 0 : 1_000),
    },
    parse: integer(0, 1_000_000),
  }),
  ingestNetworks: required({
    key: 'INGEST_IP_ALLOWLIST',
    description: 'Networks from which events are taken, comma-separated.',
    derived: { text: 'all', from: () => Object.freeze<string[]>([]) },
    parse: cidrs,
  }),
  corsOrigins: required({
    key: 'CORS_ORIGINS',
    description:
      'Origins whose pages may call the API, such as https://app.example, ' +
      'comma-separated; * is every origin.',
    derived: { text: 'none', from: () => Object.freeze<string[]>([]) },
    parse: corsOrigins,
  }),
  publicUrl: optional({
    key: 'PUBLIC_URL',
    description:
      'Where people reach this service, such as https://hooks.example: portal links begin ' +
      'with it. Absent: with the address of the request.',
    parse: origin,
  }),
  portalAllowedOrigins: required({
    key: 'PORTAL_ALLOWED_ORIGINS',
    description:
      'Origins whose pages may show the portal in an iframe, such as https://app.example, ' +
      'comma-separated.',
    derived: { text: 'none', from: () => Object.freeze<string[]>([]) },
    parse: origins,
  }),
  auditRetentionDays: required({
    key: 'AUDIT_RETENTION_DAYS',
    description: 'How long the audit log is kept.',
    default: '90',
    parse: integer(1, 3_650),
  }),
  secretEncryptionKeys: required({
    key: 'SECRET_ENCRYPTION_KEY',
    description:
      'Encrypts signing secrets at rest: 32 bytes in base64. Several, comma-separated, ' +
      'rotate the key: the first encrypts, all decrypt.',
    derived: {
      text: 'a key made in DATA_DIR while DATABASE_URL is not set, otherwise none',
      from: () => encryptionKeys(''),
    },
    parse: encryptionKeys,
  }),
  allowPrivateTargets: required<PrivateTargets>({
    key: 'ALLOW_PRIVATE_TARGETS',
    description:
      'Private networks that deliveries may go to, comma-separated. Set but empty: none. ' +
      'Deliveries held since the first API key closed loopback are sent once it is opened here.',
    derived: {
      text: 'loopback while HOST is a loopback address and there is no API key, otherwise none',
      from: (given) =>
        isLoopbackHost(given.host) && given.apiKeys.length === 0
          ? LOOPBACK_UNTIL_FIRST_KEY
          : Object.freeze<string[]>([]),
    },
    isEmptyMeaningful: true,
    parse: cidrs,
  }),
  testReceiver: required({
    key: 'TEST_RECEIVER',
    description: 'The built-in receiver at /webhook: on or off.',
    derived: {
      text: 'on while HOST is a loopback address, otherwise off',
      from: (given) => isLoopbackHost(given.host),
    },
    parse: onOrOff,
  }),
  retrySchedule: required({
    key: 'RETRY_SCHEDULE',
    description:
      'Waits between attempts: a list, exponential:<first wait>:<retries>, or ' +
      `none, ${[...PRESETS.keys()].join(', ')}.`,
    default: 'standard-webhooks',
    parse: retrySchedule,
  }),
  deliveryTimeoutMs: required({
    key: 'DELIVERY_TIMEOUT_MS',
    description: 'Deadline of one attempt, from connecting to the last byte of the response.',
    default: '10000',
    parse: integer(1_000, 30_000),
  }),
  disableAfterFailingHours: required({
    key: 'DISABLE_AFTER_FAILING_HOURS',
    description: 'A subscription that has failed for this long without one success is disabled.',
    default: '120',
    parse: integer(1, 8_760),
  }),
  unknownEventTypes: required({
    key: 'UNKNOWN_EVENT_TYPES',
    description:
      "How to treat events whose type is not in their tenant's catalogue: allow, warn " +
      'or reject.',
    default: 'allow',
    parse: oneOf('allow', 'warn', 'reject'),
  }),
  workerConcurrency: required({
    key: 'WORKER_CONCURRENCY',
    description: 'Requests that one worker process keeps in flight.',
    default: '512',
    parse: integer(1, 10_000),
  }),
  retentionHours: required({
    key: 'RETENTION_HOURS',
    description: 'How long finished events, deliveries and attempts are kept.',
    default: '72',
    parse: integer(1, 8_760),
  }),
  failedRetentionDays: required({
    key: 'FAILED_RETENTION_DAYS',
    description:
      'How long deliveries that failed or were discarded are kept, with their events and ' +
      'attempts; RETENTION_HOURS where that is longer.',
    default: '14',
    parse: integer(0, 3_650),
  }),
  cleanupCron: required({
    key: 'CLEANUP_CRON',
    description: 'When clean-up runs, in UTC: minute, hour, day, month, weekday.',
    default: '0 */12 * * *',
    parse: cron,
  }),
  metricsPort: optional({
    key: 'METRICS_PORT',
    description:
      'Port on which a process without the API serves /metrics and /health, on HOST. Absent: none; ' +
      '0 picks a free one.',
    parse: integer(0, 65_535),
  }),
  otlpEndpoint: optional({
    key: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      'Base URL of an OpenTelemetry collector (OTLP over HTTP) that traces are sent to. ' +
      'Absent: no traces.',
    parse: urlOf('http', 'https'),
  }),
  otlpTracesEndpoint: optional({
    key: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    description: 'The same with its path, used as it is. Takes precedence over the base URL.',
    parse: urlOf('http', 'https'),
  }),
  otlpTimeoutMs: required({
    key: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    description: 'Milliseconds that the collector may take to answer.',
    default: '5000',
    parse: integer(1, 300_000),
  }),
  otelServiceName: optional({
    key: 'OTEL_SERVICE_NAME',
    description:
      'The name of this service in traces. Absent: service.name of ' +
      'OTEL_RESOURCE_ATTRIBUTES, or posthorn.',
    parse: text,
  }),
  otelResourceAttributes: required({
    key: 'OTEL_RESOURCE_ATTRIBUTES',
    description:
      'Attributes of this process in traces, such as deployment.environment.name=staging, ' +
      'comma-separated.',
    derived: { text: 'none', from: () => attributes('') },
    parse: attributes,
  }),
  shutdownTimeoutMs: required({
    key: 'SHUTDOWN_TIMEOUT_MS',
    description:
      'How long a stopping process waits for attempts in flight before handing them back.',
    default: '15000',
    parse: integer(0, 600_000),
  }),
  logLevel: required({
    key: 'LOG_LEVEL',
    description: 'One of trace, debug, info, warn, error, fatal, silent.',
    default: 'info',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  }),
};

type Settings = typeof SETTINGS;

export type Config = { readonly [Name in keyof Settings]: ReturnType<Settings[Name]['parse']> };

/* oxlint-disable max-lines -- a list of settings is as long as there are settings. */
/** Carries every problem found. Problems name variables, never their values. */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Bad configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads and checks every setting.
 *
 * @throws ConfigError with all problems at once.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const settings: [string, Setting<unknown>][] = Object.entries(SETTINGS);
  for (const [name, setting] of settings) {
    const given = env[setting.key]?.trim();
    const isGiven = given !== undefined && (given !== '' || setting.isEmptyMeaningful === true);
    const source = isGiven ? given : setting.default;
    if (source === undefined) continue;
    try {
      values[name] = setting.parse(source);
    } catch (error) {
      problems.push(`${setting.key} ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);

  for (const [name, setting] of settings) {
    if (name in values) continue;
    values[name] = setting.derived?.from({
      host: values['host'] as string,
      apiKeys: (values['apiKeys'] ?? []) as readonly string[],
    });
  }
  return Object.freeze(values) as Config;
}
