import { SETTINGS } from '../../src/config/config.ts';

type Described = {
  readonly key: string;
  readonly description: string;
  readonly default?: string;
  readonly derived?: { readonly text: string };
};

const settings: readonly Described[] = Object.values(SETTINGS);

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Every setting with its description and default, commented out. */
export function envExample(): string {
  const blocks = settings.map(({ key, description, default: value, derived }) => {
    const text = derived === undefined ? description : `${description} Default: ${derived.text}.`;
    return [...wrap(text, 96).map((line) => `# ${line}`), `#${key}=${value ?? ''}`].join('\n');
  });
  const head =
    '# Written by `npm run generate` from src/config/config.ts. What is commented out has its default.';
  return `${[head, ...blocks].join('\n\n')}\n`;
}

function defaultOf({ default: value, derived }: Described): string {
  if (value !== undefined) return `\`${value}\``;
  return derived?.text ?? '';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

export function configTable(): string {
  const rows = settings.map(
    (setting) =>
      `| \`${setting.key}\` | ${cell(defaultOf(setting))} | ${cell(setting.description)} |`,
  );
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
