import { readFile, writeFile } from 'node:fs/promises';
import { findBreakingChanges, type BreakingChange } from '../event-types/compatibility.ts';
import {
  DocumentError,
  readWebhooks,
  type DescribedType,
} from '../event-types/openapi-webhooks.ts';
import { declareTypes } from '../event-types/typescript.ts';
import { parseExact } from '../json/exact-json.ts';
import { parseExactYaml, stringifyExactYaml } from '../json/exact-yaml.ts';
import { StartError } from '../base/start-error.ts';
import { createApiClient } from './api-client.ts';
import { EXIT, type Input, type Run } from './command.ts';
import type { Terminal } from './terminal.ts';

const DOCUMENT_PATH = '/event-types.json';
/** An import compiles every schema, of which there may be a thousand. */
const IMPORT_WITHIN_MS = 120_000;

type Imported = { readonly data: (Found & { readonly action: string })[] };
type Document = { readonly openapi: string; readonly webhooks: object };
type Found = { readonly name: string; readonly breaking: readonly BreakingChange[] };

/** Compares a file's event types with what was promised, and fails when something breaks. */
export const checkTypes: Run = async (input, { terminal }) => {
  const after = new Map((await readTypes(fileOf(input))).map((type) => [type.name, type]));
  const before = await baseline(input);
  const found = before.map((type) => ({
    name: type.name,
    breaking: breaksBetween(type, after.get(type.name)),
  }));
  const count = found.reduce((sum, { breaking }) => sum + breaking.length, 0);
  terminal.json({ data: found.filter(({ breaking }) => breaking.length > 0) });
  showChanges(found, terminal);
  const types = `${before.length} event type${before.length === 1 ? '' : 's'}`;
  terminal.line(
    count === 0
      ? `${types} compared: nothing breaks.`
      : `${types} compared: ${count} breaking change${count === 1 ? '' : 's'}.`,
  );
  return count === 0 ? EXIT.ok : EXIT.failed;
};

export const importTypes: Run = async (input, { terminal }) => {
  const isDryRun = input.has('dry-run');
  const document = await readDocument(fileOf(input));
  const {
    body: { data },
  } = await createApiClient(input).ask<Imported>('/event-types/import', ['data'], {
    method: 'POST',
    body: JSON.stringify(document),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(IMPORT_WITHIN_MS),
    query: {
      dry_run: isDryRun ? 'true' : undefined,
      allow_breaking: input.has('allow-breaking') ? 'true' : undefined,
      tenant: input.text('tenant'),
    },
  });
  terminal.json({ data });
  for (const { name, action } of data)
    terminal.line(`${action.padEnd(9)}  ${terminal.clean(name)}`);
  showChanges(data, terminal);
  if (isDryRun) terminal.line('Nothing was changed: this was a dry run.');
};

export const pullTypes: Run = async (input) => {
  const out = input.text('out');
  const document = await createApiClient(input).get<Document>(
    DOCUMENT_PATH,
    ['openapi', 'webhooks'],
    { tenant: input.text('tenant') },
  );
  const isYaml = /\.ya?ml$/.test(out ?? '');
  await write(
    isYaml ? stringifyExactYaml(document) : `${JSON.stringify(document, null, 2)}\n`,
    out,
  );
};

export const generateTypes: Run = async (input) => {
  const from = input.text('from');
  const source =
    from === undefined
      ? await declarationsOf(input)
      : declareTypes(
          (await readTypes(from)).map((type) => ({
            ...type,
            deprecated_at: type.deprecated ? true : null,
            replaced_by: null,
          })),
        );
  await write(source, input.text('out'));
};

async function declarationsOf(input: Input): Promise<string> {
  const source = await createApiClient(input).read('/event-types.ts', 'text/plain', {
    query: { tenant: input.text('tenant') },
  });
  return source.toString();
}

function fileOf({ args }: Input): string {
  return args[0] as string;
}

/** A type that has been deprecated may go; any other stays what it was. */
function breaksBetween(before: DescribedType, after: DescribedType | undefined): BreakingChange[] {
  if (after !== undefined) return findBreakingChanges(before.schema, after.schema);
  return before.deprecated
    ? []
    : [{ pointer: '', detail: 'was removed, without having been deprecated' }];
}

async function baseline(input: Input): Promise<DescribedType[]> {
  const against = input.text('against');
  const isUrl = against === undefined || /^https?:\/\//.test(against);
  if (!isUrl) return readTypes(against);
  const text = (name: string) => (name === 'url' && against) || input.text(name);
  const document = await createApiClient({ ...input, text }).get<Document>(
    DOCUMENT_PATH,
    ['openapi', 'webhooks'],
    { tenant: input.text('tenant') },
  );
  return Object.keys(document.webhooks).length === 0 ? [] : typesOf(document, 'the catalogue');
}

async function readTypes(file: string): Promise<DescribedType[]> {
  return typesOf(await readDocument(file), file);
}

function typesOf(document: unknown, name: string): DescribedType[] {
  try {
    return readWebhooks(document);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new StartError(`${name}: ${error.message}`, { cause: error });
  }
}

async function readDocument(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new StartError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  });
  try {
    return file.endsWith('.json') ? parseExact(text) : parseExactYaml(text);
  } catch (error) {
    throw new StartError(`${file} is neither JSON nor YAML: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function showChanges(found: readonly Found[], { line, clean }: Terminal): void {
  for (const { name, breaking } of found) {
    for (const { pointer, detail } of breaking) {
      line(
        `breaking   ${clean(name)}${pointer === '' ? '' : `  ${clean(pointer)}`}  ${clean(detail)}`,
      );
    }
  }
}

async function write(text: string, out: string | undefined): Promise<void> {
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(out, text).catch((error: unknown) => {
    throw new StartError(`cannot write ${out}: ${(error as Error).message}`, { cause: error });
  });
}
