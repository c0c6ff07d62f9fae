import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  atRandom,
  checkHealing,
  seconds,
  underLoad,
  untilHealed,
  type Scenario,
} from '../campaign.ts';
import { openStage, type Stage } from '../stage.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PARTS = ['src', 'sql', 'openapi.yaml', 'package.json'];
const HEALED_WITHIN_MS = 10_000;

/**
 * What a release may bring: columns on the busiest tables, an index, a function written again. The
 * processes of this release continue while it is applied, and are then replaced one by one.
 */
const NEXT_MIGRATION = `-- Why: the campaign's next release.
alter table posthorn.events add column next_release_NUMBER text;
alter table posthorn.deliveries add column next_release_NUMBER text default 'unknown';
alter table posthorn.attempts add column next_release_NUMBER integer;
alter table posthorn.subscriptions add column next_release_NUMBER boolean not null default false;
create index next_release_NUMBER_idx on posthorn.idempotency_keys (created_at, tenant);
do $$
begin
  execute pg_get_functiondef('posthorn.load_deliveries'::regproc);
  execute pg_get_functiondef('posthorn.record_attempts'::regproc);
  execute pg_get_functiondef('posthorn.accept_events'::regproc);
end
$$;
`;

/** Copies this release and gives the copy one migration more than the last had. */
async function makeRelease(workDir: string, number: number): Promise<string> {
  const release = join(workDir, 'next-release');
  if (number === 1) {
    await rm(release, { recursive: true, force: true });
    for (const part of PARTS) await cp(join(ROOT, part), join(release, part), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(release, 'node_modules'));
  }
  const migrations = join(release, 'sql', 'migrations');
  const next = String((await readdir(migrations)).length + 1).padStart(4, '0');
  await writeFile(
    join(migrations, `${next}_next_release_${number}.sql`),
    NEXT_MIGRATION.replaceAll('NUMBER', String(number)),
  );
  return join(release, 'src', 'main.ts');
}

async function migrateWith(main: string, databaseUrl: string): Promise<number | null> {
  const child = spawn(process.execPath, [main, 'migrate'], {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function replaceAll(stage: Stage, main: string): Promise<void> {
  for (const one of stage.processes) {
    await one.terminate();
    await one.start({ main });
  }
}

export const migrateWhileServing: Scenario = {
  name: 'migration',
  fault: "migration while serving (this release's schema to a next one)",
  longMinutes: 4,
  async run(context) {
    const stage = await openStage({ name: 'migration', workDir: context.workDir });
    try {
      return await underLoad({ ...context, stage }, async (under) => {
        const repetitions = context.repetitions(1, 5);
        const healed: number[] = [];
        for (let number = 1; number <= repetitions; number += 1) {
          await atRandom(context.random);
          const main = await makeRelease(context.workDir, number);
          const code = await migrateWith(main, stage.postgres.url);
          if (code !== 0) under.violations.push(`migrating ended with code ${code}`);
          healed.push(await untilHealed(stage, under.load, HEALED_WITHIN_MS));
          await replaceAll(stage, main);
          context.say(`${number} of ${repetitions}, healed in ${seconds(healed.at(-1) as number)}`);
        }
        checkHealing('migrated:', healed, HEALED_WITHIN_MS, under, context.slack);
        return repetitions;
      });
    } finally {
      await stage.close();
    }
  },
};
