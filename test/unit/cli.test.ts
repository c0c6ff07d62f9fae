import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { optionsOf, UsageError } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { FIXTURE_NAMES } from '../../src/cli/fixture-names.ts';
import { assign, readFixture } from '../../src/cli/fixture.ts';
import { helpText } from '../../src/cli/help.ts';
import { findNearest } from '../../src/cli/nearest.ts';
import { readDuration, readMoment } from '../../src/cli/option-values.ts';
import { parse } from '../../src/cli/parse.ts';
import { readEvents } from '../../src/cli/sse.ts';
import { runCli } from '../helpers/cli.ts';

const run = promisify(execFile);

t.test('a command line is read against the table', async (t) => {
  const parsed = parse(
    ['subscriptions', 'create', '--types', 'a', 'https://x.example/', '--types=b', '--json'],
    COMMANDS,
  );
  if (parsed.kind !== 'run') throw new Error('expected a command');
  const { command, input } = parsed;
  t.equal(command.path, 'subscriptions create');
  t.strictSame(input.args, ['https://x.example/']);
  t.strictSame(input.list('types'), ['a', 'b']);
  t.ok(input.has('json'));
  t.notOk(input.has('paused'));
  t.match(parse([], COMMANDS), { kind: 'run', command: { path: 'serve' } });
  t.match(parse(['publish', 'x', '-'], COMMANDS), { input: { args: ['x', '-'] } });
});

t.test('help is asked for before or after the command', async (t) => {
  for (const argv of [
    ['help', 'keys', 'list'],
    ['keys', 'list', '--help'],
    ['keys', 'list', '-h'],
  ]) {
    t.strictSame(parse(argv, COMMANDS), { kind: 'help', path: 'keys list' }, argv.join(' '));
  }
  t.strictSame(parse(['keys', '--help'], COMMANDS), { kind: 'help', path: 'keys' });
  t.strictSame(parse(['--help'], COMMANDS), { kind: 'help', path: '' });
});

t.test('what is not understood is refused with what may have been meant', async (t) => {
  const cases: [string, RegExp][] = [
    ['lsiten', /no command lsiten; did you mean listen\?/],
    ['subs list', /no command subs/],
    ['subscriptions lst', /no command subscriptions lst; did you mean subscriptions list\?/],
    ['subscriptions', /needs one of: list, show, create/],
    ['zzzzzz', /^there is no command zzzzzz$/],
    ['tail --stauts failed', /no option --stauts; did you mean --status\?/],
    ['tail --status fialed', /one of pending, delivered, failed; did you mean failed\?/],
    ['tail --status', /--status needs a value: --status <status>/],
    ['tail --status --json', /--status needs a value/],
    ['tail --json=yes', /--json takes no value/],
    ['tail --url a --url b', /--url is given twice/],
    ['tail now', /takes no now/],
    ['publish', /needs <type>/],
    ['trigger order.craeted', /did you mean order\.created\?/],
    ['completion tcsh', /one of bash, zsh, fish/],
    ['--json tail', /the command comes before its options/],
  ];
  for (const [line, message] of cases) {
    t.throws(() => parse(line.split(' '), COMMANDS), { name: 'UsageError', message }, line);
  }
});

t.test('the nearest word is near', async (t) => {
  t.equal(findNearest('retyr', ['retry', 'replay']), 'retry');
  t.equal(findNearest('sub', ['subscriptions', 'sum']), 'subscriptions');
  t.equal(findNearest('xyz', ['retry', 'replay']), undefined);
});

t.test('every command has help with its options and an example that parses', async (t) => {
  const plain = (_style: unknown, text: string) => text;
  for (const command of COMMANDS) {
    const help = helpText(command.path, COMMANDS, plain);
    t.match(help, `usage: posthorn ${command.path}`);
    for (const name of Object.keys(optionsOf(command)))
      t.match(help, `--${name}`, `${command.path} --${name}`);
    t.ok(command.examples.length > 0, `${command.path} has an example`);
    for (const [line] of command.examples) {
      const { stdout } = await run('bash', [
        '-c',
        `posthorn() { printf '%s\\0' "$@"; exit; }; ${
          line
            .replace(/^source <\((.*)\)$/, '$1')
            .replace(/^(?!posthorn).*\| (?=posthorn)/, '')
            .split(/ [|>] /)[0]
        }`,
      ]);
      t.doesNotThrow(() => parse(stdout.split('\0').slice(0, -1), COMMANDS), line);
    }
  }
  const all = helpText('', COMMANDS, plain);
  for (const { path } of COMMANDS) t.match(all, `  ${path}`);
});

t.test('every command can be loaded', async (t) => {
  for (const command of COMMANDS) t.type(await command.load(), 'function', command.path);
});

t.test('a completion script is sound and completes words, options and choices', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-completion-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'posthorn.bash');
  const { stdout, code } = await runCli(['completion', 'bash']);
  t.equal(code, 0);
  await writeFile(file, stdout);
  await run('bash', ['-n', file]);

  async function complete(line: string): Promise<string[]> {
    const words = line.split(' ');
    const script =
      `source ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); ` +
      `COMP_CWORD=${words.length - 1}; _posthorn; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await run('bash', ['-c', script])).stdout.split('\n').filter((word) => word !== '');
  }
  t.strictSame(await complete('posthorn lis'), ['listen']);
  t.strictSame(await complete('posthorn subscriptions re'), ['resume']);
  t.strictSame(await complete('posthorn listen --forw'), ['--forward-to']);
  t.strictSame(await complete('posthorn tail --status d'), ['delivered']);
  t.strictSame(await complete('posthorn trigger user.'), ['user.deleted', 'user.signed_up']);
  t.strictSame(await complete('posthorn subscriptions show x --js'), ['--json']);
});

for (const shell of ['zsh', 'fish'] as const) {
  t.test(`the completion script for ${shell} names every command and option`, async (t) => {
    const { stdout, code } = await runCli(['completion', shell]);
    t.equal(code, 0);
    for (const command of COMMANDS) {
      for (const word of command.path.split(' ')) t.match(stdout, word);
      for (const name of Object.keys(optionsOf(command)))
        t.match(stdout, shell === 'fish' ? `-l ${name}` : `--${name}`);
    }
    const isThere = await run(shell, ['--version']).then(
      () => true,
      () => false,
    );
    if (!isThere) return t.comment(`${shell} is not here to check its syntax`);
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-completion-'));
    t.teardown(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'script'), stdout);
    await run(shell, ['-n', join(folder, 'script')]);
  });
}

t.test('every fixture is an event that can be published, and a new one each time', async (t) => {
  t.ok(FIXTURE_NAMES.length >= 10);
  for (const name of FIXTURE_NAMES) {
    t.match(name, /^[a-z]+\.[a-z_]+$/);
    const { description, payload } = await readFixture(name);
    t.match(description, /^[A-Z].*\.$/);
    t.notMatch(JSON.stringify(payload), '{{', name);
  }
  t.not(
    ((await readFixture('order.created')).payload as any).id,
    ((await readFixture('order.created')).payload as any).id,
  );
});

t.test('--set puts values where its path leads', async (t) => {
  const payload = { a: { b: 1 }, items: [{ n: 1 }] };
  for (const assignment of [
    'a.b=2',
    'a.c=text',
    'items.0.n={"x":[1]}',
    'items.1.n=3',
    'new.0.deep=true',
    'empty=',
    '__proto__.x=1',
  ]) {
    assign(payload, assignment);
  }
  t.equal(
    JSON.stringify(payload),
    '{"a":{"b":2,"c":"text"},"items":[{"n":{"x":[1]}},{"n":3}],"new":[{"deep":true}],"empty":"","__proto__":{"x":1}}',
  );
  t.equal(({} as any).x, undefined, 'nothing else is touched');
  for (const wrong of ['a', '=1', 'a.b.c=1', 'items.x=1', 'a..b=1']) {
    t.throws(() => assign({ a: { b: 1 }, items: [] }, wrong), UsageError, wrong);
  }
});

t.test('times are ago or their own', async (t) => {
  const nowMs = Date.parse('2026-11-22T12:00:00Z');
  t.equal(readDuration('90s', '--since'), 90_000);
  t.equal(readMoment('1h', '--since', nowMs).toISOString(), '2026-11-22T11:00:00.000Z');
  t.equal(
    readMoment('2026-11-21T00:00:00Z', '--since', nowMs).toISOString(),
    '2026-11-21T00:00:00.000Z',
  );
  for (const wrong of ['', '1', 'h', '1w', 'yesterday', '-1h']) {
    t.throws(() => readMoment(wrong, '--since', nowMs), UsageError, wrong);
  }
});

t.test('a time without a zone is in UTC, and a day that no calendar has is refused', async (t) => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'America/New_York';
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  for (const [text, expected] of [
    ['2026-11-29 05:25:00', '2026-11-29T05:25:00.000Z'],
    ['2026-11-29T05:25', '2026-11-29T05:25:00.000Z'],
    ['2026-11-29', '2026-11-29T00:00:00.000Z'],
    ['2024-02-29t05:25:00.5z', '2024-02-29T05:25:00.500Z'],
    ['2026-11-29 05:25:00-05:00', '2026-11-29T10:25:00.000Z'],
  ] as const)
    t.equal(readMoment(text, '--since').toISOString(), expected, text);
  for (const wrong of [
    '2026-02-30',
    '2026-02-30 10:00:00Z',
    '2025-02-29',
    '2026-13-01',
    '2026-11-29 25:00:00',
    '2026-11-29 05:25:00 EST',
    '2026-11-29 something',
    '2026-11-29T',
    '2026-11',
  ])
    t.throws(() => readMoment(wrong, '--since'), UsageError, wrong);
});

t.test('what is set is set to the last digit', async (t) => {
  const payload = {};
  assign(payload, 'number=820982911946154508');
  assign(payload, 'all=[1,9223372036854775807]');
  t.equal(JSON.stringify(payload), '{"number":820982911946154508,"all":[1,9223372036854775807]}');
});

t.test('server-sent events are read however they are cut', async (t) => {
  const text =
    'retry: 1000\n\n: comment\n\nevent: attempt\nid: 7\ndata: {"a":\ndata: "ä"}\n\ndata: x\n\nevent: cut';
  const bytes = Buffer.from(text);
  for (const size of [1, 3, 7, bytes.length]) {
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const events = [];
    for await (const event of readEvents(chunks())) events.push(event);
    t.strictSame(
      events,
      [
        { event: 'attempt', id: '7', data: '{"a":\n"ä"}' },
        { event: 'message', id: '7', data: 'x' },
      ],
      `in pieces of ${size}`,
    );
  }
});
