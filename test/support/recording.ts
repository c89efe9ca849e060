/**
 * The weather recording as the e2e tests understand it: read and summed up with nothing of the product's own code, so
 * that the two can be compared.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';

export const RECORDING = join(projectRoot, 'test', 'data', 'nyc-weather-2013.csv');
export const METRICS = [
  'temp',
  'dewp',
  'humid',
  'wind_dir',
  'wind_speed',
  'wind_gust',
  'precip',
  'pressure',
  'visib',
] as const;

export interface Observation {
  readonly station: string;
  /** epoch ms */
  readonly time: number;
  /** What was read; a missing reading is absent. */
  readonly values: Readonly<Record<string, number>>;
}

/** All rows, in the order of the file: station by station, each in order of time. */
export function observations(): Observation[] {
  const [header, ...lines] = readFileSync(RECORDING, 'utf8').trim().split('\n');
  const names = header!.split(',');
  return lines.map((line) => {
    const cells = new Map(line.split(',').map((cell, i) => [names[i]!, cell]));
    const values: Record<string, number> = {};
    for (const metric of METRICS) {
      const cell = cells.get(metric)!;
      if (cell !== 'NA') values[metric] = Number.parseFloat(cell);
    }
    return { station: cells.get('origin')!, time: new Date(cells.get('time_hour')!).getTime(), values };
  });
}

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly firstTime: string;
  readonly last: number;
  readonly lastTime: string;
}

export interface Bucket {
  readonly start: string;
  readonly events: number;
  readonly metrics: Record<string, Summary>;
}

const iso = (time: number) => new Date(time).toISOString();

/** Buckets of `size` ms of one station's observations (in order of time), oldest first. */
export function buckets(rows: readonly Observation[], size: number): Bucket[] {
  const groups = new Map<number, Observation[]>();
  for (const row of rows) {
    const start = Math.floor(row.time / size) * size;
    groups.set(start, [...(groups.get(start) ?? []), row]);
  }
  return [...groups].map(([start, group]) => {
    const metrics: Record<string, Summary> = {};
    for (const metric of METRICS) {
      const read = group.filter((row) => metric in row.values);
      if (read.length === 0) continue;
      const values = read.map((row) => row.values[metric]!);
      metrics[metric] = {
        count: values.length,
        sum: values.reduce((a, b) => a + b),
        min: Math.min(...values),
        max: Math.max(...values),
        first: values[0]!,
        firstTime: iso(read[0]!.time),
        last: values.at(-1)!,
        lastTime: iso(read.at(-1)!.time),
      };
    }
    return { start: iso(start), events: group.length, metrics };
  });
}

export interface Episode {
  readonly deviceId: string;
  readonly rule: string;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly state: 'firing' | 'resolved';
  /** Of the observation that ended it, or else began it. */
  readonly value: number;
}

/** When a metric was above a threshold, in one station's observations (in order of time). */
export function episodes(
  rows: readonly Observation[],
  rule: string,
  metric: string,
  threshold: number,
): Episode[] {
  const found: Episode[] = [];
  let open: Episode | null = null;
  for (const { station, time, values } of rows) {
    const value = values[metric];
    if (value === undefined) continue;
    if (open === null && value > threshold) {
      open = { deviceId: station, rule, startsAt: iso(time), endsAt: null, state: 'firing', value };
    } else if (open !== null && value <= threshold) {
      found.push({ ...open, endsAt: iso(time), state: 'resolved', value });
      open = null;
    }
  }
  return open === null ? found : [...found, open];
}
