import { camel, snake } from './names.ts';
import type { Api } from './operations.ts';
import { goName } from './go.ts';

/** What a README lists: every operation, and how it is called in the language. */
export function methodTable({ groups }: Api, language: 'typescript' | 'python' | 'go'): string {
  const spell = { typescript: camel, python: snake, go: goName }[language];
  const rows = groups.flatMap(({ name: group, operations }) =>
    operations.map((operation) => {
      const names = [
        operation.name,
        ...(operation.list === undefined ? [] : [operation.list.name]),
      ];
      const methods = names.map((name) => `\`${spell(group)}.${spell(name.join(' '))}\``);
      return `| ${methods.join(', ')} | \`${operation.method} ${operation.path}\` |`;
    }),
  );
  return ['| method | operation |', '|---|---|', ...rows].join('\n');
}
