import { isKeyThere, OPEN_LOOPBACK } from '../../access/first-key.ts';
import type { Config } from '../../config/config.ts';
import { createDatabase, createPool } from '../../database/database.ts';
import { createLogger } from '../../base/logger.ts';
import { createTargetGuard, LOOPBACK_UNTIL_FIRST_KEY } from '../../sender/target-guard.ts';
import { EXIT, type Run } from '../command.ts';
import type { Style, Terminal } from '../terminal.ts';
import { failed, ok, skipped, warning, type Check, type CheckStatus } from './check.ts';
import { checkDatabase } from './database-checks.ts';
import { checkEncryption } from './encryption-check.ts';
import { checkConfig, checkDataDir, checkNode, checkPort } from './machine-checks.ts';
import { checkRedis } from './redis-check.ts';
import { checkTarget } from './target-checks.ts';

/** Looks at everything, also when some of it fails, and changes nothing. */
export const runDoctor: Run = async (input, { terminal }) => {
  const checks: Check[] = [];
  const tell = (...found: readonly Check[]): void => {
    checks.push(...found);
    for (const check of found) show(check, terminal);
  };
  tell(checkNode());
  const { config, wrongKeys, checks: settings } = checkConfig(process.env);
  tell(...settings);

  const isUnknown = (key: string): boolean => wrongKeys.has(key);
  let databaseUrl: string | undefined;
  if (isUnknown('DATABASE_URL')) {
    tell(skipped('database', 'DATABASE_URL is wrong'));
  } else {
    const report = await checkDatabase(config).catch((error: unknown) => ({
      checks: [failed('database', (error as Error).message, "See Postgres' own log.")],
      url: undefined,
    }));
    databaseUrl = report.url;
    tell(...report.checks);
  }
  if (databaseUrl === undefined || isUnknown('SECRET_ENCRYPTION_KEY')) {
    tell(
      skipped(
        'encryption',
        databaseUrl === undefined ? 'needs the database' : 'SECRET_ENCRYPTION_KEY is wrong',
      ),
    );
  } else {
    tell(
      await checkEncryption(config, databaseUrl).catch((error: unknown) =>
        failed('encryption', (error as Error).message, "See Postgres' own log."),
      ),
    );
  }
  tell(
    isUnknown('REDIS_URL')
      ? skipped('redis', 'REDIS_URL is wrong')
      : await checkRedis(config.redisUrl),
  );
  if (config.databaseUrl === undefined && !isUnknown('DATABASE_URL'))
    tell(await checkDataDir(config));
  tell(
    isUnknown('HOST') || isUnknown('PORT')
      ? skipped('port', 'HOST or PORT is wrong')
      : await checkPort(config),
  );
  const hasKey = await findKeys(config, databaseUrl);
  tell(checkPrivateTargets(config, hasKey));
  const target = input.text('target');
  if (target !== undefined) {
    const guard = createTargetGuard({
      privateTargets: config.allowPrivateTargets,
      isKeyThere: () => hasKey,
    });
    tell(...(await checkTarget(target, guard)));
  }

  const failures = checks.filter(({ status }) => status === 'failed').length;
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  terminal.json({ ok: failures === 0, checks });
  terminal.line();
  terminal.line(summarize(failures, warnings));
  return failures === 0 ? EXIT.ok : EXIT.failed;
};

function summarize(problems: number, warnings: number): string {
  const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
  return problems + warnings === 0
    ? 'No problems.'
    : `${count(problems, 'problem')}, ${count(warnings, 'warning')}.`;
}

async function findKeys(config: Config, databaseUrl: string | undefined): Promise<boolean> {
  if (config.apiKeys.length > 0) return true;
  if (databaseUrl === undefined) return false;
  const logger = createLogger({ logLevel: 'silent' });
  const db = createDatabase(createPool(databaseUrl, { name: 'doctor', max: 1, logger }));
  try {
    return await isKeyThere(db);
  } finally {
    await db.destroy();
  }
}

/** Which private networks deliveries may go to, and whether that is about to change. */
function checkPrivateTargets({ allowPrivateTargets }: Config, hasKey: boolean): Check {
  const name = 'private targets';
  if (allowPrivateTargets !== LOOPBACK_UNTIL_FIRST_KEY) {
    return ok(
      name,
      allowPrivateTargets.length === 0
        ? 'none may be delivered to'
        : allowPrivateTargets.join(', '),
    );
  }
  const fix = `To deliver to this machine even with API keys: ${OPEN_LOOPBACK}`;
  return hasKey
    ? warning(name, 'none: there is an API key, so deliveries to this machine are held', fix)
    : ok(name, `this machine until the first API key, then none. ${fix}`);
}

const LOOKS: Readonly<Record<CheckStatus, readonly [mark: string, style: Style]>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✗', 'red'],
  skipped: ['-', 'dim'],
};
const NAME_WIDTH = 15;

function show({ name, status, detail, fix }: Check, { line, style, clean }: Terminal): void {
  const [mark, look] = LOOKS[status];
  line(`${style(look, mark)} ${name.padEnd(NAME_WIDTH)} ${clean(detail)}`);
  if (fix !== undefined) line(`  ${' '.repeat(NAME_WIDTH)} ${style('bold', clean(fix))}`);
}
