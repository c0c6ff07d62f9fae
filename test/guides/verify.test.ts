import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { codeBlocks } from '../../scripts/guides/markdown.ts';
import { signStandardWebhooks } from '../../src/sender/signature.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/verify/', import.meta.url));
const GUIDE = fileURLToPath(new URL('../../docs/verify.md', import.meta.url));

type Language = {
  readonly fence: string;
  /** The guide's code goes into the first, beside a driver that calls it for each line of its input. */
  readonly files: readonly [code: string, driver: string, ...more: string[]];
  readonly build?: readonly [program: string, ...args: string[]];
  readonly run: readonly [program: string, ...args: string[]];
  readonly edit?: (code: string) => string;
  /** What has to be installed, where that is not the first word of `build` or `run`. */
  readonly needs?: string;
};

const LANGUAGES: readonly Language[] = [
  { fence: 'ts', files: ['webhooks.ts', 'driver.ts'], run: [process.execPath, 'driver.ts'] },
  { fence: 'python', files: ['webhooks.py', 'driver.py'], run: ['python3', 'driver.py'] },
  {
    fence: 'go',
    files: ['webhooks.go', 'driver.go'],
    build: ['go', 'build', '-o', 'driver', 'webhooks.go', 'driver.go'],
    run: ['./driver'],
    edit: (code) => code.replace('package webhooks', 'package main'),
  },
  { fence: 'ruby', files: ['webhooks.rb', 'driver.rb'], run: ['ruby', 'driver.rb'] },
  { fence: 'php', files: ['webhooks.php', 'driver.php'], run: ['php', 'driver.php'] },
  {
    fence: 'java',
    files: ['Webhooks.java', 'Driver.java'],
    build: ['javac', 'Webhooks.java', 'Driver.java'],
    run: ['java', '-cp', '.', 'Driver'],
  },
  {
    fence: 'csharp',
    files: ['Webhooks.cs', 'Driver.cs'],
    // Mono ends at once under a scheduling policy that it does not know, such as an idle one.
    build: [
      'chrt',
      '-o',
      '0',
      'mcs',
      '-r:System.Core',
      '-out:driver.exe',
      'Webhooks.cs',
      'Driver.cs',
    ],
    run: ['chrt', '-o', '0', 'mono', 'driver.exe'],
    needs: 'mcs',
  },
  {
    fence: 'rust',
    files: ['webhooks.rs', 'driver.rs', 'Cargo.toml'],
    build: ['cargo', 'build', '--quiet'],
    run: ['target/debug/driver'],
  },
];

/** False, or why a language cannot be tried here. Never skips in CI, which installs them all. */
function missing({ build, run, needs }: Language): string | false {
  if (process.env['CI']) return false;
  const program = needs ?? (build ?? run)[0];
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error !== undefined && `there is no ${program}: THIS EXAMPLE WAS NOT RUN`;
}

type Case = {
  readonly what: string;
  readonly isGenuine: boolean;
  readonly fields: readonly [secret: string, id: string, timestamp: string, signatures: string];
  readonly body: Buffer;
};

/** Cargo builds three crates and what they need. */
const COMPILING_MS = 400_000;
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A request that Posthorn made while a secret was being changed, and what could be wrong with it. */
async function collectCases(t: Parameters<typeof startService>[0]): Promise<Case[]> {
  const service = await startService(t);
  const receiver = await startReceiver(t);
  const { id: subscriptionId, secret: oldSecret } = await service.subscribe(receiver.url);
  await service.ingest(subscriptionId, '{"before": "the rotation"}');
  const before = await receiver.next();
  const {
    body: { secret },
  } = await service.call('POST', `/subscriptions/${subscriptionId}/secret/rotate`, { json: {} });
  await service.ingest(
    subscriptionId,
    '{"café": "Grüße\\u0000", "n": 1.0,  "big": 12345678901234567890}',
  );
  const { headers, body } = await receiver.next();
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => String(headers[name]),
  ) as [string, string, string];
  const first = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(before.headers[name]),
  ) as [string, string, string];
  const signedAt = (seconds: number): [string, string, string, string] => [
    secret,
    id,
    String(seconds),
    signStandardWebhooks(secret, { id, timestampSeconds: seconds, body }),
  ];
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const changed = Buffer.from(body);
  changed[2] = (changed[2] ?? 0) ^ 1;
  const reread = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
  const good = { isGenuine: true, body };
  const bad = { isGenuine: false, body };
  return [
    { what: 'one signature', isGenuine: true, fields: [oldSecret, ...first], body: before.body },
    {
      what: 'two signatures, the new secret',
      ...good,
      fields: [secret, id, timestamp, signatures],
    },
    {
      what: 'two signatures, the old secret',
      ...good,
      fields: [oldSecret, id, timestamp, signatures],
    },
    { what: 'a minute old', ...good, fields: signedAt(nowSeconds - 60) },
    { what: 'another secret', ...bad, fields: [OTHER_SECRET, id, timestamp, signatures] },
    { what: 'a changed body', ...bad, body: changed, fields: [secret, id, timestamp, signatures] },
    {
      what: 'JSON read and written again',
      ...bad,
      body: reread,
      fields: [secret, id, timestamp, signatures],
    },
    { what: 'another id', ...bad, fields: [secret, `${id}0`, timestamp, signatures] },
    {
      what: 'another timestamp',
      ...bad,
      fields: [secret, id, String(Number(timestamp) - 1), signatures],
    },
    { what: 'a timestamp that is none', ...bad, fields: [secret, id, 'yesterday', signatures] },
    { what: 'stale', ...bad, fields: signedAt(nowSeconds - 600) },
    { what: 'of the future', ...bad, fields: signedAt(nowSeconds + 600) },
    { what: 'no signature', ...bad, fields: [secret, id, timestamp, ''] },
    { what: 'an empty signature', ...bad, fields: [secret, id, timestamp, 'v1,'] },
    {
      what: 'a signature of another kind',
      ...bad,
      fields: [secret, id, timestamp, signatures.replaceAll('v1,', 'v0,')],
    },
    { what: 'no timestamp', ...bad, fields: [secret, id, '', signatures] },
    { what: 'no id', ...bad, fields: [secret, '', timestamp, signatures] },
  ];
}

t.test(
  "the guide's functions tell true requests from others",
  { timeout: COMPILING_MS },
  async (t) => {
    const cases = await collectCases(t);
    const input = cases
      .map(({ fields, body }) => `${[...fields, body.toString('base64')].join('\t')}\n`)
      .join('');
    const blocks = codeBlocks(await readFile(GUIDE, 'utf8'));

    for (const language of LANGUAGES) {
      await t.test(
        `in ${language.fence}`,
        { skip: missing(language), timeout: COMPILING_MS },
        async (t) => {
          const directory = await mkdtemp(join(tmpdir(), 'posthorn-verify-'));
          t.teardown(() => rm(directory, { recursive: true, force: true }));
          const [name, ...others] = language.files;
          const { code = '' } = blocks.find(({ info }) => info === language.fence) ?? {};
          await writeFile(join(directory, name), language.edit?.(code) ?? code);
          for (const file of others) await copyFile(join(FIXTURES, file), join(directory, file));
          if (language.build !== undefined) {
            const [program, ...args] = language.build;
            await promisify(execFile)(program, args, { cwd: directory });
          }
          const output = await runDriver(language.run, directory, input);
          t.same(
            output
              .trim()
              .split('\n')
              .map((answer, index) => [cases[index]?.what, answer]),
            cases.map(({ what, isGenuine }) => [what, String(isGenuine)]),
          );
        },
      );
    }
  },
);

async function runDriver(
  [program, ...args]: Language['run'],
  cwd: string,
  input: string,
): Promise<string> {
  const child = spawn(
    isAbsolute(program) || !program.includes('/') ? program : join(cwd, program),
    args,
    {
      cwd,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  child.stdin.end(input);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return output;
}
