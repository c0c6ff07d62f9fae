import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/**
 * What applications run: the last that 0.16 migrates from, the one before the newest breaking
 * migration, and ours. Exact, so that a run can be repeated.
 */
export const VERSIONS = ['0.13.0', '0.16.6', '0.18.0'] as const;

export type Version = (typeof VERSIONS)[number];

const aliasOf = (version: Version): string => `graphile-worker-${version.replaceAll('.', '-')}`;

/** Installs every version into the folder, and answers the module of each as a file URL. */
export async function installNeighbours(
  folder: string,
  versions: readonly Version[],
): Promise<(version: Version) => string> {
  const manifest = join(folder, 'package.json');
  await writeFile(manifest, '{"private":true}');
  const packages = versions.map((version) => `${aliasOf(version)}@npm:graphile-worker@${version}`);
  await promisify(execFile)(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages],
    { cwd: folder, maxBuffer: 1e8 },
  );
  const { resolve } = createRequire(manifest);
  return (version) => pathToFileURL(resolve(aliasOf(version))).href;
}
