/**
 * Compiles `src/` to `lib/` for the package: Node strips no types below node_modules. Folders keep
 * their depth, so that what is found relative to a file is found from either. `prepack` runs it.
 */
import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const target = fileURLToPath(new URL('../lib/', import.meta.url));

/** Types are checked elsewhere (`check:types`); this only takes them out. */
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

await rm(target, { recursive: true, force: true });
let count = 0;
for await (const file of glob('**/*.{ts,json,sql,yaml}', {
  cwd: source,
  exclude: ['dashboard/**'],
})) {
  const isTypeScript = file.endsWith('.ts');
  const path = join(target, isTypeScript ? file.replace(/\.ts$/, '.js') : file);
  await mkdir(dirname(path), { recursive: true });
  if (isTypeScript) {
    const text = await readFile(join(source, file), 'utf8');
    await writeFile(path, ts.transpileModule(text, { fileName: file, compilerOptions }).outputText);
  } else {
    await cp(join(source, file), path);
  }
  count += 1;
}
process.stdout.write(`lib/ has ${count} files\n`);
