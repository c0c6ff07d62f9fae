/**
 * Fails when a production dependency has no reason in README's table, or the table one that is no
 * longer there, and when a package wants to run a script at its installation that package.json
 * does not decide about in `allowScripts`.
 */
import { readFileSync } from 'node:fs';

type Manifest = {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
};
type Lockfile = {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
};

const ROOT = new URL('../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, ROOT), 'utf8');

/** The packages named in the first column of the table under "Dependencies". */
function findExplained(readme: string): string[] {
  const section = /^## Dependencies$(.*?)^## /ms.exec(readme)?.[1] ?? '';
  return [...section.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)]
    .map(([, names]) => (names as string).trim())
    .filter((names) => names !== 'package' && !/^-+$/.test(names))
    .flatMap((names) => {
      const list = names.replace(' (optional)', '').split(', ');
      const scope = /^@[^/]+\//.exec(list[0] as string)?.[0] ?? '';
      // After the first of a scope, the others go without it.
      return list.map((name, index) => (index > 0 && !name.startsWith('@') ? scope + name : name));
    });
}

function findFaults(): string[] {
  const manifest = JSON.parse(read('package.json')) as Manifest;
  const lockfile = JSON.parse(read('package-lock.json')) as Lockfile;
  const explained = new Set(findExplained(read('README.md')));
  const used = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  const decided = manifest.allowScripts ?? {};
  const scripted = Object.entries(lockfile.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return [
    ...[...used]
      .filter((name) => !explained.has(name))
      .map((name) => `README gives no reason for ${name}`),
    ...[...explained]
      .filter((name) => !used.has(name))
      .map((name) => `README explains ${name}, which is not used`),
    ...scripted
      .filter((name) => !Object.hasOwn(decided, name))
      .map((name) => `${name} has an install script that allowScripts does not name`),
  ];
}

const faults = findFaults();
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
