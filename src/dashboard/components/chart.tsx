import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { formatDateTime } from '../format.ts';
import { useIsDark } from '../theme.ts';

export interface ChartSeries {
  label: string;
  /** The name of a CSS custom property that holds a colour. */
  color: string;
  values: readonly (number | null)[];
  /** The numbers to name, where those drawn are sums of a stack. */
  named?: readonly (number | null)[];
  kind: 'bars' | 'line';
}

interface ChartProps {
  title: string;
  /** Starts of the buckets, in seconds since 1970, ascending. */
  times: readonly number[];
  series: readonly ChartSeries[];
  format: (value: number) => string;
  /** The value where nothing is pointed at: the sum, the last value, … */
  summary: (values: readonly (number | null)[]) => string;
}

const HEIGHT_PX = 190;

/**
 * Values over time. Bars lie over each other, so a stack is drawn by giving its sums, the largest
 * first. All numbers are there as a table as well, for screen readers.
 */
export default function Chart({ title, times, series, format, summary }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const [isTable, setIsTable] = useState(false);
  const isDark = useIsDark();
  const shape = series.map(({ label, values }) => `${label} ${isSparse(values)}`).join();

  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ times, series, format });
  latest.current = { times, series, format };

  useEffect(() => {
    const element = frame.current;
    if (element === null || isTable) return;
    const made = new uPlot(
      optionsOf(
        element,
        latest.current.series,
        (value) => latest.current.format(value),
        setPointed,
      ),
      dataOf(latest.current.times, latest.current.series),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: HEIGHT_PX });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, isDark, isTable]);

  useEffect(() => {
    plot.current?.setData(dataOf(times, series));
  }, [times, series]);

  const at = pointed === null ? undefined : times[pointed];
  return (
    <figure className="chart">
      <figcaption>
        <h2>{title}</h2>
        <ul className="legend">
          {series.map(({ label, color, values, named = values }) => (
            <li key={label}>
              <i style={{ background: `var(${color})` }} />
              {label} <b>{pointed === null ? summary(named) : valueAt(named, pointed, format)}</b>
            </li>
          ))}
        </ul>
        <span className="chart-at">
          {at === undefined ? '' : formatDateTime(new Date(at * 1_000))}
        </span>
        <button type="button" className="button small quiet" onClick={() => setIsTable(!isTable)}>
          {isTable ? 'Chart' : 'Numbers'}
        </button>
      </figcaption>
      {isTable ? (
        <ChartTable title={title} times={times} series={series} format={format} />
      ) : (
        <div ref={frame} className="chart-frame" aria-hidden="true" />
      )}
    </figure>
  );
}

function ChartTable({ title, times, series, format }: Omit<ChartProps, 'summary'>) {
  return (
    <div className="chart-table" tabIndex={0} role="region" aria-label={`${title}, numbers`}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {series.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times
            .map((time, index) => (
              <tr key={time}>
                <th scope="row">{formatDateTime(new Date(time * 1_000))}</th>
                {series.map(({ label, values, named = values }) => (
                  <td key={label}>{valueAt(named, index, format)}</td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </div>
  );
}

function valueAt(
  values: readonly (number | null)[],
  index: number,
  format: (value: number) => string,
) {
  const value = values[index];
  return value === null || value === undefined ? '–' : format(value);
}

function dataOf(times: readonly number[], series: readonly ChartSeries[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function optionsOf(
  element: HTMLElement,
  series: readonly ChartSeries[],
  format: (value: number) => string,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const color = (name: string) => resolveColor(element, name);
  const axis = {
    stroke: color('--ink-3'),
    font: '11px ' + getComputedStyle(element).fontFamily,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(element.clientWidth, 100),
    height: HEIGHT_PX,
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { points: { show: false }, drag: { x: false, y: false }, y: false },
    scales: {
      // Half a bucket at either side, so that no bar is cut.
      x: { range: (plot, min, max) => [min - halfStep(plot), max + halfStep(plot)] },
      y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        size: 26,
        values: (_plot, ticks) => nameTicks(ticks),
      },
      { ...axis, size: 54, space: 36, values: (_plot, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map(
        ({ label, color: name, kind, values }): uPlot.Series =>
          kind === 'line'
            ? { label, stroke: color(name), width: 2, points: { show: isSparse(values), size: 6 } }
            : {
                label,
                stroke: color(name),
                fill: color(name),
                width: 0,
                paths: uPlot.paths.bars?.({ size: [0.8, 40], radius: 0.15 }),
                points: { show: false },
              },
      ),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** A line needs two neighbours; few values alone would not be seen. */
function isSparse(values: readonly (number | null)[]): boolean {
  return values.filter((value) => value !== null).length <= 12;
}

function halfStep(plot: uPlot): number {
  const [first = 0, second = first] = plot.data[0];
  return (second - first) / 2;
}

/** `14:50`, or `22 Nov` at midnight. */
function nameTicks(ticks: readonly number[]): string[] {
  return ticks.map((tick) => {
    const date = new Date(tick * 1_000);
    const clock = formatDateTime(date).slice(11, 16);
    if (clock !== '00:00') return clock;
    return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  });
}

/** A custom property as the canvas takes it: `light-dark()` decided, variables replaced. */
function resolveColor(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
