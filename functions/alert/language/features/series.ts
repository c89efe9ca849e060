/**
 * What a trailing window holds of one series of numbers: each reading with its time while they are few, panes of sums
 * when they are many. Bounded at `MAX_READINGS` readings, or `PANES + 1` panes with ten readings each for percentiles.
 */
import { packNumber, unpackNumber } from './value.js';

/** More readings in a window than this are folded into panes. */
export const MAX_READINGS = 600;
/** A pane is 1/60 of the window long: so much longer than asked for is a window that is held in panes. */
export const PANES = 60;
/** Readings of a pane that percentiles are taken from. */
export const KEPT_PER_PANE = 10;

/** Sums over readings whose times lie within [index * length, (index + 1) * length). */
export interface Pane {
  readonly index: number;
  count: number;
  sum: number;
  /** Mean and the sum of squared differences from it: B. P. Welford, Technometrics 4 (1962). */
  mean: number;
  squares: number;
  min: number;
  max: number;
  firstTime: number;
  first: number;
  lastTime: number;
  last: number;
  /** How much a counter rose from the first to the last; below the one before it started anew. */
  increase: number;
  /** Every `step`th reading, for percentiles. */
  kept: number[];
  step: number;
}

export interface Series {
  /** The device's newest event time; -Infinity before the first. */
  newest: number;
  /** Ascending; of equal times in the order of the stream. */
  times: number[];
  values: number[];
  /** Ascending; null while readings are held themselves. */
  panes: Pane[] | null;
}

export const paneLength = (width: number): number => Math.ceil(width / PANES);

export function emptySeries(): Series {
  return { newest: Number.NEGATIVE_INFINITY, times: [], values: [], panes: null };
}

/** Moves the window on to a time at which the device is known to have been; readings that fall out are forgotten. */
export function advance(series: Series, time: number, width: number): void {
  if (time <= series.newest) return;
  series.newest = time;
  const { times, values, panes } = series;
  if (panes !== null) {
    let gone = 0;
    while (gone < panes.length && !reaches(panes[gone]!, time - width, paneLength(width))) gone++;
    if (gone === panes.length) series.panes = null;
    else if (gone > 0) panes.splice(0, gone);
    return;
  }
  let gone = 0;
  while (gone < times.length && times[gone]! <= time - width) gone++;
  if (gone === 1) {
    times.shift();
    values.shift();
  } else if (gone > 1) {
    times.splice(0, gone);
    values.splice(0, gone);
  }
}

/** Takes a reading in. What is older than the window is too late for it. */
export function add(series: Series, time: number, value: number, width: number): void {
  if (time <= series.newest - width) return;
  const { times, values } = series;
  if (series.panes !== null) {
    addToPanes(series.panes, time, value, paneLength(width));
    return;
  }
  let place = times.length;
  while (place > 0 && times[place - 1]! > time) place--;
  if (place === times.length) {
    times.push(time);
    values.push(value);
  } else {
    times.splice(place, 0, time);
    values.splice(place, 0, value);
  }
  if (times.length > MAX_READINGS) {
    const panes: Pane[] = [];
    for (const [index, one] of times.entries()) addToPanes(panes, one, values[index]!, paneLength(width));
    series.panes = panes;
    series.times = [];
    series.values = [];
  }
}

/** Whether any time of the pane lies after `from`. */
export function reaches(pane: Pane, from: number, length: number): boolean {
  return (pane.index + 1) * length - 1 > from;
}

/** The first moment at which nothing is left in the window; -Infinity where nothing is. */
export function emptyAt({ times, panes }: Series, width: number): number {
  if (panes !== null) return (panes.at(-1)!.index + 1) * paneLength(width) - 1 + width;
  return (times.at(-1) ?? Number.NEGATIVE_INFINITY) + width;
}

function addToPanes(panes: Pane[], time: number, value: number, length: number): void {
  const index = Math.floor(time / length);
  let place = panes.length;
  while (place > 0 && panes[place - 1]!.index > index) place--;
  const pane = panes[place - 1];
  if (pane?.index === index) addToPane(pane, time, value);
  else panes.splice(place, 0, newPane(index, time, value));
}

function newPane(index: number, time: number, value: number): Pane {
  return {
    index,
    count: 1,
    sum: value,
    mean: value,
    squares: 0,
    min: value,
    max: value,
    firstTime: time,
    first: value,
    lastTime: time,
    last: value,
    increase: 0,
    kept: [value],
    step: 1,
  };
}

function addToPane(pane: Pane, time: number, value: number): void {
  const difference = value - pane.mean;
  if (pane.count % pane.step === 0) {
    if (pane.kept.length === KEPT_PER_PANE) {
      pane.kept = pane.kept.filter((_, index) => index % 2 === 0);
      pane.step *= 2;
    }
    if (pane.count % pane.step === 0) pane.kept.push(value);
  }
  pane.count++;
  pane.sum += value;
  pane.mean += difference / pane.count;
  pane.squares += difference * (value - pane.mean);
  pane.min = Math.min(pane.min, value);
  pane.max = Math.max(pane.max, value);
  if (time < pane.firstTime) {
    pane.firstTime = time;
    pane.first = value;
  }
  if (time >= pane.lastTime) {
    pane.increase += value >= pane.last ? value - pane.last : value;
    pane.lastTime = time;
    pane.last = value;
  }
}

/** Times as differences: short, and exact. */
export function encodeSeries({ newest, times, values, panes }: Series): unknown {
  const steps = times.map((time, index) => (index === 0 ? time : time - times[index - 1]!));
  return {
    n: packNumber(newest),
    ...(panes === null ? { t: steps, v: values } : { p: panes.map(encodePane) }),
  };
}

export function decodeSeries(json: unknown): Series {
  const { n, t, v, p } = json as { n: unknown; t?: number[]; v?: number[]; p?: unknown[][] };
  const times = t ?? [];
  for (let index = 1; index < times.length; index++) times[index]! += times[index - 1]!;
  return { newest: unpackNumber(n), times, values: v ?? [], panes: p?.map(decodePane) ?? null };
}

const MEMBERS = [
  'index',
  'count',
  'sum',
  'mean',
  'squares',
  'min',
  'max',
  'firstTime',
  'first',
  'lastTime',
  'last',
  'increase',
  'step',
] as const;

function encodePane(pane: Pane): unknown[] {
  return [...MEMBERS.map((member) => packNumber(pane[member])), ...pane.kept];
}

function decodePane(json: unknown[]): Pane {
  const members = MEMBERS.map((member, index) => [member, unpackNumber(json[index])]);
  const kept = json.slice(MEMBERS.length).map(unpackNumber);
  return { ...(Object.fromEntries(members) as Omit<Pane, 'kept'>), kept };
}
