/**
 * Posthorn in one database with an application that has a queue of Graphile Worker's own: of an
 * earlier, the previous and this release, with tasks of the same names. Nothing of either may be
 * lost, doubled, migrated, unlocked or stopped. Exits with 1 when anything is.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startTemporaryPostgres, type TemporaryPostgres } from '../temporary-postgres.ts';
import { installNeighbours, VERSIONS, type Version } from './install.ts';
import { comeFirst, comeSecond, LONG, SHORT, type Lengths, type Result } from './scenarios.ts';

const USAGE = `usage: npm run test:neighbours [-- option…]

  --long            an application's job of 150 s and three minutes of load (without it 40 s)
  --only VERSION,…  some of ${VERSIONS.join(', ')}
  --keep            leaves the processes' logs behind
`;

const ORDERS = { 'application first': comeSecond, 'Posthorn first': comeFirst } as const;
type Order = keyof typeof ORDERS;

const say = (text: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function createDatabase(
  { url }: TemporaryPostgres,
  name: string,
): Promise<{ url: string; pool: pg.Pool }> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database "${name}" encoding 'UTF8' template template0`);
  await admin.end();
  const created = new URL(url);
  created.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: created.href, max: 4 });
  pool.on('error', () => undefined);
  return { url: created.href, pool };
}

function describe(
  version: Version,
  order: Order,
  { posthorn, application, violations }: Result,
): string {
  const verdict = violations.length === 0 ? 'held' : violations.join('; ');
  return (
    `graphile-worker ${version}, ${order}: ${posthorn.accepted} events accepted, ` +
    `${posthorn.lost} lost, ${posthorn.doubled} doubled; ${application.added} jobs of the ` +
    `application, ${application.lost} lost, ${application.doubled} doubled, ` +
    `${application.failed} failed, ${application.strange} not its own: ${verdict}`
  );
}

/** The orders of one version, one after the other. Answers whether all was as it should be. */
async function play(
  postgres: TemporaryPostgres,
  version: Version,
  module: string,
  workDir: string,
  lengths: Lengths,
): Promise<boolean> {
  let isClean = true;
  for (const [name, scenario] of Object.entries(ORDERS)) {
    const order = name as Order;
    const dir = join(workDir, `${version} ${order}`.replaceAll(' ', '-'));
    await mkdir(dir);
    const { url, pool } = await createDatabase(postgres, `${version} ${order}`);
    const closers: (() => unknown)[] = [];
    try {
      const result = await scenario({ url, pool, module, dir, closers }, lengths);
      say(describe(version, order, result));
      if (result.violations.length > 0) isClean = false;
    } catch (error) {
      say(`graphile-worker ${version}, ${order}: broke: ${(error as Error).stack}`);
      isClean = false;
    } finally {
      for (const close of closers.reverse()) await close();
      await pool.end();
    }
  }
  return isClean;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      long: { type: 'boolean', default: false },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',');
  const versions = VERSIONS.filter((version) => names === undefined || names.includes(version));
  if (values.help || versions.length !== (names ?? VERSIONS).length) {
    process.stdout.write(USAGE);
    return values.help;
  }
  const workDir = await mkdtemp(join(tmpdir(), 'posthorn-neighbours-'));
  await chmod(workDir, 0o755);
  say(`installing graphile-worker ${versions.join(', ')}; logs in ${workDir}`);
  const moduleOf = await installNeighbours(workDir, versions);
  const postgres = await startTemporaryPostgres();
  try {
    // At once, since they wait for most of the time.
    const clean = await Promise.all(
      versions.map((version) =>
        play(postgres, version, moduleOf(version), workDir, values.long ? LONG : SHORT),
      ),
    );
    const isClean = clean.every(Boolean);
    if (isClean && !values.keep) await rm(workDir, { recursive: true, force: true });
    return isClean;
  } finally {
    await postgres.stop();
  }
}

// A receiver's connections must not keep this alive.
process.exit((await main()) ? 0 : 1);
