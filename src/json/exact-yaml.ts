import { isScalar, LineCounter, parseDocument, stringify, visit, type ScalarTag } from 'yaml';
import { ExactNumber, isHeld } from './exact-json.ts';

/** Thrown by {@link parseExactYaml} for what JSON has no number for. The message is complete. */
export class NoJsonNumberError extends Error {
  override readonly name = 'NoJsonNumberError';
}

/**
 * The value of a YAML text, with an {@link ExactNumber} for each number that a double cannot hold.
 *
 * @throws whatever `yaml` finds wrong; NoJsonNumberError
 */
export function parseExactYaml(text: string, { maxAliasCount = 100 } = {}): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  visit(document, {
    Scalar(key, node) {
      const { value, source } = node;
      if (key === 'key' || typeof value !== 'number' || source === undefined) return;
      const written = decimalText(source);
      if (written === undefined) {
        const { line } = lines.linePos(node.range?.[0] ?? 0);
        throw new NoJsonNumberError(`${source} on line ${line} is no number that JSON can hold`);
      }
      if (!isHeld(written, value)) node.value = new ExactNumber(written);
    },
  });
  return document.toJS({ maxAliasCount });
}

/** The inverse of {@link parseExactYaml}. */
export function stringifyExactYaml(value: unknown): string {
  return stringify(value, { customTags: [EXACT_NUMBER] });
}

const EXACT_NUMBER: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => value instanceof ExactNumber,
  resolve: (text) => text,
  stringify: (item) => String(isScalar(item) ? item.value : item),
};

/** A number of YAML's core schema as JSON writes it; undefined: it has no such number. */
function decimalText(source: string): string | undefined {
  if (/^0[xo]/.test(source)) return String(BigInt(source));
  const [, sign, whole = '', fraction = '', power = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/.exec(source) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const start = whole.replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' ? '-' : ''}${start}${fraction === '' ? '' : `.${fraction}`}${power}`;
}
