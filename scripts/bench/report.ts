/**
 * What a benchmark found: measures under stable keys, as a table, as JSON and as a plot.
 * @module
 */
import { cpus } from 'node:os';
import Table from 'cli-table3';

/** One measure: the median, and the spread of n runs. */
export type Measure = {
  readonly value: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly n: number;
};

/** A topic's measures by key. */
export type Report = {
  readonly topic: string;
  readonly machine: string;
  readonly date: string;
  readonly measures: Readonly<Record<string, Measure>>;
};

/** A measure of n runs. */
export function measure(unit: string, runs: readonly number[]): Measure {
  const sorted = [...runs].sort((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? 0;
  const middle = sorted.length / 2;
  const value =
    sorted.length % 2 === 0 ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
  return { value, unit, min: at(0), max: at(sorted.length - 1), n: sorted.length };
}

/** The report with the machine it was made on. */
export function makeReport(topic: string, measures: Readonly<Record<string, Measure>>): Report {
  const processors = cpus();
  const machine = `${processors.length} x ${processors[0]?.model ?? 'unknown'}, Node ${process.version}`;
  return { topic, machine, date: new Date().toISOString(), measures };
}

/** As a table. */
export function toTable(report: Report): string {
  const table = new Table({
    head: [report.topic, 'median', 'min', 'max', 'n', 'unit'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
  for (const [key, { value, min, max, n, unit }] of Object.entries(report.measures)) {
    table.push([key, shown(value), shown(min), shown(max), n, unit]);
  }
  return `${report.machine}\n${table.toString()}`;
}

/** As horizontal bars, one group a unit, each on its own scale. */
export function toSvg(report: Report): string {
  const ROW = 24;
  const entries = Object.entries(report.measures).sort(([, a], [, b]) =>
    a.unit.localeCompare(b.unit),
  );
  const longest = (unit: string): number =>
    Math.max(...entries.filter(([, entry]) => entry.unit === unit).map(([, entry]) => entry.value));
  const rows = entries.map(([key, { value, unit }], i) => {
    const y = 40 + i * ROW;
    const width = Math.max(1, Math.round((360 * value) / longest(unit)));
    const label = `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
    return [
      `<text x="210" y="${y + 14}" text-anchor="end">${key}</text>`,
      `<rect x="220" y="${y + 2}" width="${width}" height="16" fill="#3b6ea5"/>`,
      `<text x="${228 + width}" y="${y + 14}">${label}</text>`,
    ].join('');
  });
  const height = 56 + entries.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="16" y="24" font-size="15">Eligo, ${report.topic}: ${report.machine}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}
