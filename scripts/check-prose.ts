/**
 * Fails where a text or comment has a word that prose-words.txt refuses: the plain English of the
 * field is what people search for.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const RULES = 'scripts/prose-words.txt';
const TEXTS = [
  '*.md',
  'docs/**/*.{md,txt}',
  'sdk/*/README.md',
  'openapi.yaml',
  'src/**/*.{ts,tsx,css,js}',
  'scripts/**/*.{ts,sh}',
  'bin/*.js',
  'deploy/**/*.{yaml,json,service}',
];
const EXCLUDED = [/generated/, /^src\/database\/tables\.ts$/, /node_modules/];

type Rule = { readonly pattern: RegExp; readonly instead: string };

const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

function readRules(text: string): Rule[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [pattern = '', instead = ''] = line.split(' => ');
      return { pattern: new RegExp(pattern, 'iu'), instead };
    });
}

function findFaults(path: string, rules: readonly Rule[]): string[] {
  return read(path)
    .split('\n')
    .flatMap((line, index) =>
      rules.flatMap(({ pattern, instead }) => {
        const found = pattern.exec(line)?.[0];
        return found === undefined
          ? []
          : [`${path}:${index + 1} has "${found}"; write instead: ${instead}`];
      }),
    );
}

const rules = readRules(read(RULES));
const paths = globSync(TEXTS, { cwd: ROOT }).filter(
  (path) => !EXCLUDED.some((pattern) => pattern.test(path)),
);
const faults = paths.sort().flatMap((path) => findFaults(path, rules));
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else process.stdout.write(`${paths.length} files are in plain English.\n`);
