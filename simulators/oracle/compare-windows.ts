/** Windows and rollups, as they are and as they must be. Pure. */
import type { CompareOptions } from './compare.js';
import type { Findings } from './findings.js';
import { deviceOf, identityIn, identityOf, Multiset, placeOf } from './names.js';
import type { Expectation, Observation, RollupFigures, WindowFigures } from './verdict.js';

/** Sums of the same numbers in another order differ in their last digits. */
const RELATIVE_ERROR = 1e-9;
const NAMES: readonly (keyof WindowFigures)[] = ['count', 'sum', 'min', 'max', 'first', 'last'];

/** What a window holds at the least, and how many events more it may. */
interface Wanted {
  readonly figures: WindowFigures;
  readonly more: number;
  /** `first` and `last` are known, too. */
  readonly ordered: boolean;
}

export function compareWindows(
  expectation: Expectation,
  seen: ReadonlyMap<string, WindowFigures>,
  late: Observation['late'],
  { lookedAt, before }: CompareOptions,
  findings: Findings,
): void {
  const where = 'window';
  const wanted = wantedWindows(expectation, late);
  for (const [key, { figures: expected, more, ordered }] of wanted) {
    if (!lookedAt.has(deviceOf(key)) || before?.has(key) === true) continue;
    const actual = seen.get(key);
    const what = (problem: string) => `window of ${placeOf(key)}: ${problem}`;
    if (actual === undefined) {
      if (expected.count > 0)
        findings.add({ kind: 'lost', where, what: what('is missing'), expected, actual: null });
      continue;
    }
    const holds = what(`holds ${actual.count} events instead of ${expected.count}`);
    if (actual.count < expected.count) findings.add({ kind: 'lost', where, what: holds, expected, actual });
    else if (actual.count > expected.count + more) {
      findings.add({ kind: 'duplicate', where, what: holds, expected, actual });
    } else if (more === 0) {
      const names = NAMES.slice(0, ordered ? 6 : 4).filter(
        (name) => !same(expected[name], actual[name], name),
      );
      if (names.length > 0) {
        const problem = `${names.map((name) => `${name} is ${actual[name]} instead of ${expected[name]}`).join(', ')}`;
        findings.add({ kind: 'wrong', where, what: what(problem), expected, actual });
      }
    }
  }
  for (const [key, actual] of seen) {
    if (wanted.has(key) || !lookedAt.has(deviceOf(key)) || before?.has(key) === true) continue;
    const what = `window of ${placeOf(key)}: nothing was sent for it`;
    findings.add({ kind: 'unexpected', where, what, actual });
  }
}

/** Events whose place was uncertain are in their windows if the backend does not keep them as late. */
function wantedWindows(expectation: Expectation, late: Observation['late']): Map<string, Wanted> {
  const { windows, maybeInWindow } = expectation;
  const wanted = new Map<string, Wanted>();
  const nothing: WindowFigures = {
    count: 0,
    sum: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    first: 0,
    last: 0,
  };
  for (const [key, figures] of windows)
    wanted.set(key, { figures, more: maybeInWindow.get(key) ?? 0, ordered: true });
  for (const [key, more] of maybeInWindow) {
    if (!wanted.has(key)) wanted.set(key, { figures: nothing, more, ordered: false });
  }
  for (const { report, isIn } of placesOf(expectation, late)) {
    if (isIn === false) continue;
    for (const [metric, value] of Object.entries(report.values)) {
      const key = `${report.deviceId} ${metric} ${report.windowStart}`;
      const { figures, more } = wanted.get(key) ?? { figures: nothing, more: 0 };
      wanted.set(key, {
        figures: isIn ? withValue(figures, value) : figures,
        more: isIn === null ? more + 1 : more,
        ordered: false,
      });
    }
  }
  return wanted;
}

/** Whether each event whose place was uncertain is in its window; null: nobody can say. */
function* placesOf({ uncertain, lateReports, maybeLate }: Expectation, late: Observation['late']) {
  const kept = new Multiset(late?.map(({ deviceId, payload }) => identityIn(deviceId, payload)) ?? []);
  for (const report of lateReports) kept.take(identityOf(report));
  // Without numbers, copies of a report are one and the same to whoever looks.
  const alike = new Multiset(uncertain.map(identityOf));
  const others = new Multiset(maybeLate.map(identityOf));
  const done = new Multiset();
  for (const report of uncertain) {
    const identity = identityOf(report);
    const number = done.of(identity);
    done.add(identity);
    const most = Math.min(alike.of(identity), kept.of(identity));
    const least = Math.max(0, kept.of(identity) - (others.of(identity) - alike.of(identity)));
    const isIn = number < least ? false : number < most ? null : true;
    yield { report, isIn: late === null ? null : isIn };
  }
}

function withValue({ count, sum, min, max, first, last }: WindowFigures, value: number): WindowFigures {
  return {
    count: count + 1,
    sum: sum + value,
    min: Math.min(min, value),
    max: Math.max(max, value),
    first,
    last,
  };
}

export function compareRollups(
  { rollups }: Expectation,
  seen: ReadonlyMap<string, RollupFigures>,
  { lookedAt, before }: CompareOptions,
  findings: Findings,
): void {
  const where = 'rollup';
  for (const [key, expected] of rollups) {
    if (!lookedAt.has(deviceOf(key)) || before?.has(key) === true) continue;
    const actual = seen.get(key);
    const what = (problem: string) => `rollup of ${placeOf(key)}: ${problem}`;
    if (actual === undefined) {
      findings.add({ kind: 'lost', where, what: what('is missing'), expected, actual: null });
      continue;
    }
    const names = NAMES.slice(0, 4) as (keyof RollupFigures)[];
    const wrong = names.filter((name) => !same(expected[name], actual[name], name));
    if (wrong.length === 0) continue;
    const problem = wrong.map((name) => `${name} is ${actual[name]} instead of ${expected[name]}`).join(', ');
    const kind =
      actual.count < expected.count ? 'lost' : actual.count > expected.count ? 'duplicate' : 'wrong';
    findings.add({ kind, where, what: what(problem), expected, actual });
  }
}

function same(a: number, b: number, name: keyof WindowFigures): boolean {
  if (name !== 'sum') return a === b;
  return Math.abs(a - b) <= RELATIVE_ERROR * Math.max(1, Math.abs(a), Math.abs(b));
}
