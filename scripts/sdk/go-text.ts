import { wrap } from './names.ts';

/** A field of a struct. */
export type Line = {
  readonly name: string;
  readonly type: string;
  readonly tag: string;
  readonly doc: string;
};

/** As gofmt has it: neighbours without a comment between them stand in columns. */
export function structText(name: string, doc: string, lines: readonly Line[]): string {
  if (lines.length === 0) return `${comment(doc, '')}type ${name} struct{}\n`;
  const blocks: Line[][] = [];
  for (const line of lines) {
    const last = blocks.at(-1);
    if (line.doc === '' && last !== undefined && last.at(-1)?.doc === '') last.push(line);
    else blocks.push([line]);
  }
  const texts = blocks.map((block) => {
    const width = (pick: (line: Line) => string) =>
      Math.max(...block.map((line) => pick(line).length));
    const [names, types] = [width((line) => line.name), width((line) => line.type)];
    return block
      .map(
        (line) =>
          `${comment(line.doc, '\t')}\t${line.name.padEnd(names)} ${line.type.padEnd(types)} \`${line.tag}\`\n`,
      )
      .join('');
  });
  return `${comment(doc, '')}type ${name} struct {\n${texts.join('\n')}}\n`;
}

/** As gofmt has it: the items of a list are indented, and a list stands apart. */
export function comment(doc: string, indent: string): string {
  if (doc.trim() === '') return '';
  const lines: string[] = [];
  let isList = false;
  for (const line of doc.trim().split('\n')) {
    const isItem: boolean = line.startsWith('- ');
    const isMore: boolean = isList && /^\s+\S/.test(line);
    if (!isItem && !isMore && isList && line.trim() !== '') lines.push('');
    if (isItem || isMore) {
      const [first = '', ...rest] = wrap(line.trim().replace(/^- /, ''), 92);
      lines.push(isItem ? `  - ${first}` : `    ${first}`, ...rest.map((more) => `    ${more}`));
    } else {
      lines.push(...wrap(line, 96));
    }
    isList = isItem || isMore;
  }
  return lines.map((line) => `${indent}//${line === '' ? '' : ` ${line}`}\n`).join('');
}
