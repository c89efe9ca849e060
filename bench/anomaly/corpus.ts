/**
 * Series with faults whose place is known: what detectors are measured on. Made from seeds, never stored, and the same
 * everywhere: series of the seeds for tuning and of those held out have nothing in common.
 */
import { Random } from '../../simulators/random.js';
import { FAULTS, type FaultKind } from './faults.js';
import { KINDS } from './signals.js';

export interface Fault {
  readonly kind: FaultKind;
  /** Indexes of readings: the first that differs, and the first that does not any more. */
  readonly from: number;
  readonly to: number;
}

export interface Series {
  readonly name: string;
  /** Epoch ms, ascending. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly faults: readonly Fault[];
}

const START = Date.UTC(2026, 2, 2);
const LENGTHS = [1500, 2500, 4000, 4000, 6000];
/** Before it, nothing is put in: detectors may need so much of a series, and some, to warm up. */
const CLEAN = 0.2;

/** One series of each kind and each fault, and one of each kind without faults. */
export function corpus(seed: number): Series[] {
  return Object.keys(KINDS).flatMap((kind) => {
    const faults = (Object.keys(FAULTS) as FaultKind[]).filter((fault) => fitting(kind, fault, seed));
    return [null, ...faults].map((fault) => series(seed, kind, fault));
  });
}

function fitting(kind: string, fault: FaultKind, seed: number): boolean {
  const signal = KINDS[kind]!(Random.named(seed, `${kind} probe`));
  if (fault === 'season') return signal.seasonal;
  // Where the same reading again, or a jump, is ordinary, it is no fault.
  if (fault === 'stuck') return kind !== 'quiet' && kind !== 'disk' && kind !== 'counts';
  if (kind === 'steps') return fault !== 'shift' && fault !== 'drift';
  if (kind === 'disk') return fault !== 'drift';
  return true;
}

function series(seed: number, kind: string, fault: FaultKind | null): Series {
  const random = Random.named(seed, `${kind} ${fault}`);
  const signal = KINDS[kind]!(random);
  const length = LENGTHS[random.integer(0, LENGTHS.length - 1)]!;
  const times = timesOf(random, length, signal.interval);
  const base = times.map((time) => signal.at(time));
  const faults: Fault[] = [];
  const values = base.map(([level, noise]) => level + noise);
  if (fault !== null) {
    const count = random.integer(1, 3);
    const room = Math.floor((length * (1 - CLEAN - 0.05)) / count);
    for (let index = 0; index < count; index++) {
      const start = Math.floor(length * CLEAN) + index * room + random.integer(0, Math.floor(room * 0.4));
      const most = Math.floor(room * 0.5);
      const to = FAULTS[fault]({ random, signal, base, times, values, from: start, most });
      faults.push({ kind: fault, from: start, to });
    }
  }
  const { least, step } = signal;
  const rounded = values.map((value) => {
    const bounded = Math.max(least, value);
    return step === 0 ? bounded : Math.round(bounded / step) * step;
  });
  return { name: `${kind}-${fault ?? 'none'}-${seed}`, times, values: rounded, faults };
}

/** Some series miss single readings, some a block, some come irregularly. */
function timesOf(random: Random, length: number, interval: number): number[] {
  const manner = random.unit();
  const gapAt = manner < 0.25 ? random.integer(Math.floor(length * 0.3), Math.floor(length * 0.9)) : -1;
  const gap = random.integer(5, 150);
  const jitter = manner > 0.8 ? 0.4 : 0;
  const lost = manner > 0.25 && manner < 0.45 ? 0.03 : 0;
  const offset = random.integer(0, 7 * 24) * 3_600_000;
  let index = 0;
  return Array.from({ length }, (_, position) => {
    index++;
    if (position === gapAt) index += gap;
    while (random.unit() < lost) index++;
    return START + offset + Math.round((index + jitter * (random.unit() - 0.5)) * interval);
  });
}
