import type { Run } from './command.ts';
import { FIXTURE_NAMES } from './fixture-names.ts';
import { assign, readFixture } from './fixture.ts';
import { publish } from './publish.ts';
import type { Terminal } from './terminal.ts';

export const runTrigger: Run = async (input, { terminal }) => {
  const [name] = input.args;
  if (name === undefined) return list(terminal);
  const { payload } = await readFixture(name);
  for (const assignment of input.list('set')) assign(payload, assignment);
  if (input.has('print')) {
    process.stdout.write(`${JSON.stringify(payload, null, terminal.isJson ? 0 : 2)}\n`);
    return;
  }
  await publish(input, terminal, { type: name, payload: Buffer.from(JSON.stringify(payload)) });
};

async function list(terminal: Terminal): Promise<void> {
  const fixtures = await Promise.all(
    FIXTURE_NAMES.map(async (name) => ({
      name,
      description: (await readFixture(name)).description,
    })),
  );
  terminal.json({ data: fixtures });
  terminal.table(
    ['fixture', 'what happened'],
    fixtures.map(({ name, description }) => [name, description]),
  );
}
