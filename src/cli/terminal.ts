import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];
export type Cell = string | { readonly text: string; readonly style: Style };

/** The output of a command, for people or for machines. */
export type Terminal = {
  readonly isJson: boolean;
  /** One document a line on stdout, with `--json` alone. */
  json(value: unknown): void;
  /** A line on stdout for a person. */
  line(text?: string): void;
  /** A line on stderr: what is no result. Not with `--json`. */
  note(text: string): void;
  /** A line on stderr, in any case. */
  error(text: string): void;
  table(header: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** Names and values, one pair a line. */
  fields(pairs: readonly (readonly [string, Cell])[]): void;
  /** Colours where stdout is a terminal and NO_COLOR is not set. */
  style(style: Style, text: string): string;
  /** Text from elsewhere without what a terminal would obey. */
  clean(text: string): string;
  progress(label: string): Progress;
};

/** A bar on stderr where that is a terminal, and nothing elsewhere. */
export type Progress = {
  show(done: number, total: number): void;
  end(): void;
};

const BAR_CELLS = 30;

export function createTerminal({ isJson }: { isJson: boolean }): Terminal {
  const { stdout, stderr } = process;

  function line(text = ''): void {
    if (!isJson) stdout.write(`${text}\n`);
  }

  const style = (format: Style, text: string): string =>
    styleText(format, text, { stream: stdout });

  function cell(value: Cell, width: number): string {
    const text = clean(typeof value === 'string' ? value : value.text);
    const padded = text.padEnd(width);
    return typeof value === 'string'
      ? padded
      : style(value.style, text) + padded.slice(text.length);
  }

  return {
    isJson,
    line,
    style,
    clean,
    json(value) {
      if (isJson) stdout.write(`${JSON.stringify(value)}\n`);
    },
    note(text) {
      if (!isJson) stderr.write(`${text}\n`);
    },
    error: (text) => void stderr.write(`${text}\n`),
    table(header, rows) {
      const widths = header.map((name, index) =>
        Math.max(name.length, ...rows.map((row) => widthOf(row[index]))),
      );
      line(
        style(
          'bold',
          header
            .map((name, index) => name.padEnd(widths[index] ?? 0))
            .join('  ')
            .trimEnd(),
        ),
      );
      for (const row of rows) {
        line(
          row
            .map((value, index) => cell(value, widths[index] ?? 0))
            .join('  ')
            .trimEnd(),
        );
      }
    },
    fields(pairs) {
      const width = Math.max(...pairs.map(([name]) => name.length));
      for (const [name, value] of pairs) {
        line(`${style('bold', name.padEnd(width))}  ${cell(value, 0)}`);
      }
    },
    progress: (label) => createProgress(label, isJson),
  };
}

function createProgress(label: string, isJson: boolean): Progress {
  const { stderr } = process;
  const isShown = !isJson && stderr.isTTY;
  return {
    show(done, total) {
      if (!isShown) return;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const full = Math.round(share * BAR_CELLS);
      const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
      const percent = `${Math.floor(share * 100)}`.padStart(3);
      stderr.write(`\r\u001B[K${label}  ${bar}  ${percent} %  ${done}/${total}`);
    },
    end() {
      if (isShown) stderr.write('\n');
    },
  };
}

function widthOf(value: Cell | undefined): number {
  return clean(typeof value === 'object' ? value.text : (value ?? '')).length;
}

function clean(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
