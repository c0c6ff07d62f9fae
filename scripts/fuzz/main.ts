/**
 * Throws what is malformed, hostile and unlikely at a running service, and says what it found.
 *
 *   --short       fewer cases, for every change; without it, enough for an evening
 *   --seed <n>    the first seed; three follow each other in the full form
 */
import { parseArgs } from 'node:util';
import { fuzzConnections } from './connections.ts';
import { fuzzPayloads } from './payloads.ts';
import { fuzzRequests } from './requests.ts';
import { installSchemathesis } from './schemathesis.ts';
import { startStage, type Stage } from './stage.ts';
import { report, type Tally } from './tally.ts';

const FULL = { seeds: 3, examples: 50, requests: 4_000, connections: 600, payloads: 10_000 };
const SHORT = { seeds: 2, examples: 5, requests: 1_000, connections: 150, payloads: 1_000 };

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});
const amounts = values.short ? SHORT : FULL;
const seeds = Array.from({ length: amounts.seeds }, (_, index) => Number(values.seed) + index);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function fuzz(stage: Stage): Promise<Tally[]> {
  const tallies: Tally[] = [];
  async function note(tally: Promise<Tally>): Promise<void> {
    const { name, count, violations } = await tally;
    tallies.push({ name, count, violations });
    say(`${name}: ${count} cases, ${violations.length} violations`);
    violations.slice(0, 3).forEach(say);
  }
  await note(fuzzPayloads(stage, { seed: seeds[0] as number, count: amounts.payloads }));
  for (const seed of seeds) {
    await note(fuzzRequests(stage, { seed, count: amounts.requests }));
    await note(fuzzConnections(stage, { seed, count: amounts.connections }));
  }
  return tallies;
}

/** Undefined when Schemathesis cannot be had here. */
async function fuzzBySchemathesis({ origin, key }: Stage): Promise<Tally[] | undefined> {
  const schemathesis = await installSchemathesis();
  if (schemathesis === undefined) return undefined;
  const tallies: Tally[] = [];
  try {
    for (const seed of seeds) {
      const tally = await schemathesis.run({ origin, key, seed, examples: amounts.examples });
      tallies.push(tally);
      say(`${tally.name}: ${tally.count} cases, ${tally.violations.length} violations`);
    }
  } finally {
    await schemathesis.remove();
  }
  return tallies;
}

const stage = await startStage();
try {
  const own = await fuzz(stage);
  const others = await fuzzBySchemathesis(stage);
  const tallies = [...own, ...(others ?? [])];
  say(report(tallies));
  const isMissing = others === undefined;
  if (isMissing)
    say('SKIPPED: Schemathesis could not be installed (it needs python3, pip and PyPI).\n');
  const isViolated = tallies.some(({ violations }) => violations.length > 0);
  // Where everything has been installed, nothing may be left out.
  if (isViolated || (isMissing && process.env['CI'] === 'true')) process.exitCode = 1;
} finally {
  await stage.stop();
}
