import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import t from 'tap';
import { envExample } from '../../scripts/generate/config-docs.ts';
import { ConfigError, loadConfig, SETTINGS } from '../../src/config/config.ts';
import { parseRetrySchedule } from '../../src/retries/retry-schedule.ts';

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

t.test('an empty environment is a complete configuration', async (t) => {
  const config = loadConfig({});
  t.ok(Object.isFrozen(config));
  t.strictSame(config, {
    databaseUrl: undefined,
    databasePoolSize: 10,
    databaseWaitSeconds: 60,
    dataDir: resolve('.posthorn'),
    redisUrl: undefined,
    cacheTtlSeconds: 600,
    host: '127.0.0.1',
    port: 3000,
    trustProxy: false,
    apiKeys: [],
    rateLimitPerKey: 0,
    rateLimitPerAddress: 0,
    ingestNetworks: [],
    corsOrigins: [],
    publicUrl: undefined,
    portalAllowedOrigins: [],
    auditRetentionDays: 90,
    secretEncryptionKeys: [],
    allowPrivateTargets: 'loopback-until-first-key',
    testReceiver: true,
    retrySchedule: parseRetrySchedule('standard-webhooks'),
    deliveryTimeoutMs: 10_000,
    disableAfterFailingHours: 120,
    unknownEventTypes: 'allow',
    workerConcurrency: 512,
    retentionHours: 72,
    failedRetentionDays: 14,
    cleanupCron: '0 */12 * * *',
    shutdownTimeoutMs: 15_000,
    logLevel: 'info',
    metricsPort: undefined,
    otlpEndpoint: undefined,
    otlpTracesEndpoint: undefined,
    otlpTimeoutMs: 5_000,
    otelServiceName: undefined,
    otelResourceAttributes: {},
  });
});

t.test('an empty variable is an absent one', async (t) => {
  const empty = Object.fromEntries(
    Object.values(SETTINGS)
      .filter((setting) => setting.key !== 'ALLOW_PRIVATE_TARGETS')
      .map((setting) => [setting.key, ' ']),
  );
  t.strictSame(loadConfig(empty), loadConfig({}));
});

t.test('every bad value has its own message', async (t) => {
  for (const [env, problem] of [
    [{ PORT: '65536' }, 'PORT must be a whole number from 0 to 65535'],
    [{ PORT: '80.5' }, 'PORT must be a whole number from 0 to 65535'],
    [{ PORT: '0x50' }, 'PORT must be a whole number from 0 to 65535'],
    [
      { DELIVERY_TIMEOUT_MS: '999' },
      'DELIVERY_TIMEOUT_MS must be a whole number from 1000 to 30000',
    ],
    [
      { DATABASE_URL: 'mysql://host/db' },
      'DATABASE_URL must be a URL that starts with postgres:// or postgresql://',
    ],
    [
      { REDIS_URL: 'localhost:6379' },
      'REDIS_URL must be a URL that starts with redis:// or rediss://',
    ],
    [
      { LOG_LEVEL: 'INFO' },
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
    ],
    [{ TEST_RECEIVER: 'true' }, 'TEST_RECEIVER must be one of on, off'],
    [
      { ALLOW_PRIVATE_TARGETS: '10.0.0.0/33' },
      'ALLOW_PRIVATE_TARGETS must be a comma-separated list of networks such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      { TRUST_PROXY: 'on' },
      'TRUST_PROXY must be off, a number of hops from 1 to 9, or a list of networks',
    ],
    [
      { API_KEYS: 'short' },
      'API_KEYS must be a comma-separated list of keys of 16 to 200 visible characters each',
    ],
    [
      { SECRET_ENCRYPTION_KEY: 'AAAA' },
      'SECRET_ENCRYPTION_KEY must be 32 bytes in base64 (openssl rand -base64 32), or several, by commas',
    ],
    [
      { INGEST_IP_ALLOWLIST: '10.0.0' },
      'INGEST_IP_ALLOWLIST must be a comma-separated list of networks such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      { CORS_ORIGINS: 'https://app.example/' },
      'CORS_ORIGINS must be a comma-separated list of origins such as https://app.example, or *',
    ],
    [
      { PUBLIC_URL: 'https://hooks.example/a' },
      'PUBLIC_URL must be an origin such as https://hooks.example, without a path',
    ],
    [
      { PORTAL_ALLOWED_ORIGINS: '*' },
      'PORTAL_ALLOWED_ORIGINS must be a comma-separated list of origins such as https://app.example',
    ],
    [{ RATE_LIMIT_PER_KEY: '-1' }, 'RATE_LIMIT_PER_KEY must be a whole number from 0 to 1000000'],
    [
      { CLEANUP_CRON: '60 * * * *' },
      'CLEANUP_CRON must be five cron fields (minute hour day month weekday), such as 0 */12 * * *',
    ],
  ] as const) {
    t.strictSame(problemsOf(env), [problem]);
  }
});

t.test(
  'all problems are reported at once, in the order of the schema, without any value',
  async (t) => {
    const secret = 'hunter2-hunter2';
    const env = {
      RETRY_SCHEDULE: secret,
      PORT: secret,
      DATABASE_URL: `mysql://u:${secret}@h/d`,
      API_KEYS: secret,
    };
    t.strictSame(
      problemsOf(env).map((problem) => problem.split(' ')[0]),
      ['DATABASE_URL', 'PORT', 'API_KEYS', 'RETRY_SCHEDULE'],
    );
    t.notMatch(problemsOf(env).join('\n'), secret);
  },
);

t.test('loopback targets are allowed only while the API is on loopback without keys', async (t) => {
  const allowed = (env: NodeJS.ProcessEnv) => loadConfig(env).allowPrivateTargets;
  for (const HOST of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) {
    t.strictSame(allowed({ HOST }), 'loopback-until-first-key', HOST);
  }
  for (const HOST of ['0.0.0.0', '::', '192.168.1.4', 'posthorn.example']) {
    t.strictSame(allowed({ HOST }), [], HOST);
  }
  t.strictSame(allowed({ API_KEYS: 'k'.repeat(16) }), []);
  t.strictSame(allowed({ ALLOW_PRIVATE_TARGETS: '' }), [], 'set but empty: none');
  t.strictSame(
    allowed({ HOST: '0.0.0.0', ALLOW_PRIVATE_TARGETS: '10.0.0.0/8, 192.168.1.4,fd00::/8' }),
    ['10.0.0.0/8', '192.168.1.4', 'fd00::/8'],
  );
});

t.test('the test receiver is on while the API is on loopback, unless told otherwise', async (t) => {
  t.ok(loadConfig({}).testReceiver);
  t.notOk(loadConfig({ HOST: '0.0.0.0' }).testReceiver);
  t.ok(loadConfig({ HOST: '0.0.0.0', TEST_RECEIVER: 'on' }).testReceiver);
  t.notOk(loadConfig({ TEST_RECEIVER: 'off' }).testReceiver);
});

t.test('encryption keys keep their order and show nothing when printed', async (t) => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const SECRET_ENCRYPTION_KEY = `${first.toString('base64')}, ${second.toString('base64')}`;
  const config = loadConfig({ SECRET_ENCRYPTION_KEY });
  t.strictSame(
    config.secretEncryptionKeys.map((key) => key.export()),
    [first, second],
  );
  t.notMatch(JSON.stringify(config), first.toString('base64'));
});

t.test('proxies are trusted by number of hops or by network', async (t) => {
  t.equal(loadConfig({ TRUST_PROXY: 'off' }).trustProxy, false);
  t.equal(loadConfig({ TRUST_PROXY: '2' }).trustProxy, 2);
  t.strictSame(loadConfig({ TRUST_PROXY: '10.0.0.0/8' }).trustProxy, ['10.0.0.0/8']);
});

t.test('cron patterns are those that Graphile Worker reads', async (t) => {
  for (const CLEANUP_CRON of ['* * * * *', '*/15 * * * *', '0 2,14 * * 1-5', '59 23 31 12 6']) {
    t.equal(loadConfig({ CLEANUP_CRON }).cleanupCron, CLEANUP_CRON);
  }
  for (const CLEANUP_CRON of [
    '* * * *',
    '@daily',
    '0 24 * * *',
    '5-1 * * * *',
    '*/0 * * * *',
    '0 0 0 1 1',
  ]) {
    t.equal(problemsOf({ CLEANUP_CRON }).length, 1, CLEANUP_CRON);
  }
});

t.test('.env.example as it stands changes nothing', async (t) => {
  const text = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
  t.equal(text, envExample());
  const defaults = [...text.matchAll(/^#([A-Z_]+)=(.+)$/gm)].map(([, key, value]) => [key, value]);
  t.strictSame(loadConfig(Object.fromEntries(defaults)), loadConfig({}));
});

t.test(
  'an API that other machines can reach limits addresses, unless told otherwise',
  async (t) => {
    t.equal(loadConfig({ HOST: '0.0.0.0' }).rateLimitPerAddress, 1_000);
    t.equal(loadConfig({ HOST: '0.0.0.0', RATE_LIMIT_PER_ADDRESS: '0' }).rateLimitPerAddress, 0);
  },
);
