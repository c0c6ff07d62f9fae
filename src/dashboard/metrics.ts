export interface Metric {
  name: string;
  /** As written: `outcome="success"`. */
  labels: string;
  value: number;
  help: string;
}

const SAMPLE = /^(posthorn_[a-z0-9_]+)(?:\{(.*)\})? (\S+)/;

/**
 * Posthorn's own series out of Prometheus' text format, without the buckets of histograms, which
 * say nothing to a reader. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseMetrics(text: string): Metric[] {
  const help = new Map<string, string>();
  const metrics: Metric[] = [];
  for (const line of text.split('\n')) {
    const [, helped, words] = /^# HELP (\S+) (.*)/.exec(line) ?? [];
    if (helped !== undefined) help.set(helped, words ?? '');
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || name.endsWith('_bucket') || value === 'NaN') continue;
    metrics.push({
      name,
      labels,
      value: Number(value),
      help: help.get(name.replace(/_(?:sum|count)$/, '')) ?? help.get(name) ?? '',
    });
  }
  return metrics;
}
