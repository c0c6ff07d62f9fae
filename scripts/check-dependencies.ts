/**
 * Fails when a production dependency has no reason in docs/decisions/dependencies.md, when that
 * explains one that is no longer there, and when a package wants to run a script at its installation that package.json
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

const EXPLANATIONS = 'docs/decisions/dependencies.md';

/** The packages named in the first column of the table. */
function findExplained(page: string): string[] {
  return [...page.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)]
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
  const explained = new Set(findExplained(read(EXPLANATIONS)));
  const used = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  const decided = manifest.allowScripts ?? {};
  const scripted = Object.entries(lockfile.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return [
    ...[...used]
      .filter((name) => !explained.has(name))
      .map((name) => `${EXPLANATIONS} gives no reason for ${name}: add a row`),
    ...[...explained]
      .filter((name) => !used.has(name))
      .map((name) => `${EXPLANATIONS} explains ${name}, which is not used: remove its row`),
    ...scripted
      .filter((name) => !Object.hasOwn(decided, name))
      .map(
        (name) =>
          `${name} has an install script: allow or forbid it in allowScripts of package.json`,
      ),
  ];
}

const faults = findFaults();
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
