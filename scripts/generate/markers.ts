/**
 * Replaces what stands between `<!-- generated: name -->` and `<!-- end -->`; the text is returned
 * unchanged where there is no such pair.
 */
export function fillMarkers(text: string, name: string, content: string): string {
  const start = `<!-- generated: ${name} -->`;
  const end = '<!-- end -->';
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) return text;
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}
