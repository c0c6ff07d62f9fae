import { startAccess } from '../../access/start-access.ts';
import type { Config } from '../../config.ts';
import { createLogger } from '../../logger.ts';
import { EXIT, type Run } from '../command.ts';
import type { Style, Terminal } from '../terminal.ts';
import { failed, skipped, type Check, type CheckStatus } from './check.ts';
import { checkDatabase } from './database-checks.ts';
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
      checks: [failed('database', (error as Error).message, 'See Postgres\' own log.')], url: undefined,
    }));
    databaseUrl = report.url;
    tell(...report.checks);
  }
  tell(isUnknown('REDIS_URL') ? skipped('redis', 'REDIS_URL is wrong') : await checkRedis(config.redisUrl));
  if (config.databaseUrl === undefined && !isUnknown('DATABASE_URL')) tell(await checkDataDir(config));
  tell(isUnknown('HOST') || isUnknown('PORT') ? skipped('port', 'HOST or PORT is wrong') : await checkPort(config));
  const target = input.text('target');
  if (target !== undefined) {
    const allowPrivateTargets = await findAllowedTargets(config, databaseUrl);
    tell(...await checkTarget(target, { allowPrivateTargets }));
  }

  const failures = checks.filter(({ status }) => status === 'failed').length;
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  terminal.json({ ok: failures === 0, checks });
  terminal.line();
  terminal.line(failures + warnings === 0 ? 'All is well.' : `${failures} to mend, ${warnings} to look at.`);
  return failures === 0 ? EXIT.ok : EXIT.failed;
};

/** With API keys in the database, loopback is a target no more. */
async function findAllowedTargets(
  config: Config,
  databaseUrl: string | undefined,
): Promise<readonly string[]> {
  if (databaseUrl === undefined) return config.allowPrivateTargets;
  const logger = createLogger({ logLevel: 'silent' });
  return (await startAccess({ config, databaseUrl, logger })).allowPrivateTargets;
}

const LOOKS: Readonly<Record<CheckStatus, readonly [mark: string, style: Style]>> = {
  ok: ['✓', 'green'], warning: ['!', 'yellow'], failed: ['✗', 'red'], skipped: ['-', 'dim'],
};
const NAME_WIDTH = 15;

function show({ name, status, detail, mend }: Check, { line, style, clean }: Terminal): void {
  const [mark, look] = LOOKS[status];
  line(`${style(look, mark)} ${name.padEnd(NAME_WIDTH)} ${clean(detail)}`);
  if (mend !== undefined) line(`  ${' '.repeat(NAME_WIDTH)} ${style('bold', clean(mend))}`);
}
