import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { findBreakingChanges, type BreakingChange } from '../event-types/compatibility.ts';
import { DocumentError, readWebhooks, type DescribedType } from '../event-types/openapi-webhooks.ts';
import { declareTypes } from '../event-types/typescript.ts';
import { StartError } from '../start-error.ts';

const USAGE = `usage: posthorn types check <file> [--against <url|file>]
       posthorn types pull [--out <file>]
       posthorn types generate [--from <file>] [--out <file>]
       posthorn types import <file> [--dry-run] [--allow-breaking]

Files are OpenAPI 3.1 documents with webhooks, in JSON or YAML. For all of them:
  --url <url>         the service             [POSTHORN_URL, http://127.0.0.1:3000]
  --api-key <key>     a key for it            [POSTHORN_API_KEY]
  --tenant <tenant>   whose catalogue, for keys that are for every tenant
  --json              what is found, for machines (check, import)`;

const DEFAULT_URL = 'http://127.0.0.1:3000';
/** An import compiles every schema, of which there may be a thousand. */
const TIMEOUT_MS = 120_000;

type Options = {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly tenant: string | undefined;
  readonly isJson: boolean;
  readonly against: string | undefined;
  readonly from: string | undefined;
  readonly out: string | undefined;
  readonly isDryRun: boolean;
  readonly allowBreaking: boolean;
};

/**
 * `posthorn types …`: works on files and on a running service. The exit code of `check` is 1 when
 * something breaks consumers.
 *
 * @throws StartError when the arguments, a file or the service's answer are not what is needed
 */
export async function runTypes([verb, ...rest]: readonly string[]): Promise<void> {
  const { options, files } = readOptions(rest);
  const [file] = files;
  if (verb === 'check' && file !== undefined && files.length === 1) return check(file, options);
  if (verb === 'import' && file !== undefined && files.length === 1) return importFrom(file, options);
  if (verb === 'pull' && files.length === 0) return pull(options);
  if (verb === 'generate' && files.length === 0) return generate(options);
  throw new StartError(USAGE);
}

function readOptions(args: readonly string[]): { options: Options; files: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' }, 'api-key': { type: 'string' }, tenant: { type: 'string' },
        json: { type: 'boolean', default: false }, against: { type: 'string' },
        from: { type: 'string' }, out: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        'allow-breaking': { type: 'boolean', default: false },
      },
    });
    return {
      files: positionals,
      options: {
        url: values.url ?? (process.env['POSTHORN_URL'] || DEFAULT_URL),
        apiKey: values['api-key'] ?? (process.env['POSTHORN_API_KEY'] || undefined),
        tenant: values.tenant,
        isJson: values.json,
        against: values.against,
        from: values.from,
        out: values.out,
        isDryRun: values['dry-run'],
        allowBreaking: values['allow-breaking'],
      },
    };
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

type Found = { readonly name: string; readonly breaking: readonly BreakingChange[] };

async function check(file: string, options: Options): Promise<void> {
  const after = new Map((await readTypes(file)).map((type) => [type.name, type]));
  const before = await baseline(options);
  const found = before.map((type) => ({ name: type.name, breaking: breaksBetween(type, after.get(type.name)) }));
  const count = found.reduce((sum, { breaking }) => sum + breaking.length, 0);
  if (options.isJson) print(JSON.stringify({ data: found.filter(({ breaking }) => breaking.length > 0) }));
  else {
    printChanges(found);
    const types = `${before.length} event type${before.length === 1 ? '' : 's'}`;
    print(count === 0 ? `${types} compared: nothing breaks.`
      : `${types} compared: ${count} breaking change${count === 1 ? '' : 's'}.`);
  }
  if (count > 0) process.exitCode = 1;
}

/** A type that has been deprecated may go; any other stays what it was. */
function breaksBetween(before: DescribedType, after: DescribedType | undefined): BreakingChange[] {
  if (after !== undefined) return findBreakingChanges(before.schema, after.schema);
  return before.deprecated ? [] : [{ pointer: '', detail: 'was removed, without having been deprecated' }];
}

async function baseline(options: Options): Promise<DescribedType[]> {
  const { against } = options;
  if (against !== undefined && !/^https?:\/\//.test(against)) return readTypes(against);
  const document = await ask('GET', '/event-types.json', { ...options, url: against ?? options.url });
  const webhooks = (document as { webhooks?: object }).webhooks ?? {};
  return Object.keys(webhooks).length === 0 ? [] : typesOf(document, 'the catalogue');
}

async function importFrom(file: string, options: Options): Promise<void> {
  const { isDryRun, allowBreaking, isJson } = options;
  const { data } = await ask('POST', '/event-types/import', options, {
    body: JSON.stringify(await readDocument(file)),
    query: { ...(isDryRun && { dry_run: 'true' }), ...(allowBreaking && { allow_breaking: 'true' }) },
  }) as { data: (Found & { action: string })[] };
  if (isJson) return print(JSON.stringify({ data }));
  for (const { name, action } of data) print(`${action.padEnd(9)}  ${shown(name)}`);
  printChanges(data);
  if (isDryRun) print('Nothing was changed: this was a dry run.');
}

async function pull(options: Options): Promise<void> {
  const document = await ask('GET', '/event-types.json', options);
  const isYaml = /\.ya?ml$/.test(options.out ?? '');
  await write(isYaml ? stringify(document) : `${JSON.stringify(document, null, 2)}\n`, options.out);
}

async function generate(options: Options): Promise<void> {
  const source = options.from === undefined
    ? String(await ask('GET', '/event-types.ts', options))
    : declareTypes((await readTypes(options.from)).map((type) => (
      { ...type, deprecated_at: type.deprecated ? true : null, replaced_by: null })));
  await write(source, options.out);
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
    return file.endsWith('.json') ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new StartError(`${file} is neither JSON nor YAML: ${(error as Error).message}`, { cause: error });
  }
}

type Request = { readonly body?: string; readonly query?: Readonly<Record<string, string>> };

/** What the service answers. @throws StartError with what it says instead */
async function ask(
  method: string, path: string, { url, apiKey, tenant }: Options, { body, query }: Request = {},
): Promise<unknown> {
  const target = `${url.replace(/\/+$/, '')}${path}`;
  const search = new URLSearchParams({ ...query, ...(tenant !== undefined && { tenant }) });
  const init: RequestInit = {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body }),
  };
  const response = await fetch(search.size === 0 ? target : `${target}?${search}`, init)
    .catch((error: unknown) => {
      throw new StartError(`cannot reach ${url}: ${reasonOf(error)}`, { cause: error });
    });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const answer: unknown = isJson ? JSON.parse(text) : text;
  if (response.ok) return answer;
  const { detail, errors = [] } = (isJson ? answer : {}) as Partial<ProblemAnswer>;
  const lines = errors.map((fault) => `  ${shown(fault.pointer)}: ${shown(fault.detail)}`);
  throw new StartError([`${url} answered ${response.status}: ${shown(detail ?? 'nothing readable')}`, ...lines].join('\n'));
}

type ProblemAnswer = { detail: string; errors?: { pointer: string; detail: string }[] };

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

function printChanges(found: readonly Found[]): void {
  for (const { name, breaking } of found) {
    for (const { pointer, detail } of breaking) {
      print(`breaking   ${shown(name)}${pointer === '' ? '' : `  ${shown(pointer)}`}  ${shown(detail)}`);
    }
  }
}

/** A name may hold anything, also what a terminal obeys. */
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
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
