/** Holds what came out against what must come out. Pure. */
import { Findings } from './findings.js';
import type {
  Expectation,
  FindingSummary,
  Observation,
  ObservedAlert,
  ReportName,
  RollupFigures,
  WindowFigures,
} from './verdict.js';

/** Sums of the same numbers in another order differ in their last digits. */
const RELATIVE_ERROR = 1e-9;

export interface CompareOptions {
  /** Devices of the run, and those whose windows and rollups were asked for. */
  readonly devices: ReadonlySet<string>;
  readonly lookedAt: ReadonlySet<string>;
  /** Alerts of the run start at or after this (epoch ms). */
  readonly from: number;
  /** Connections were lost or the backend was killed: clients sent again, and alerts may have been told again. */
  readonly resends: boolean;
}

export function compare(expected: Expectation, seen: Observation, options: CompareOptions): FindingSummary[] {
  const findings = new Findings();
  if (seen.books !== null) compareBooks(expected, seen.books, options, findings);
  if (seen.windows !== null) compareWindows(expected, seen.windows, options, findings);
  if (seen.rollups !== null) compareRollups(expected, seen.rollups, options, findings);
  if (seen.alerts !== null) compareAlerts(expected, seen.alerts, options, findings);
  if (seen.quarantine !== null) compareQuarantine(expected, seen.quarantine, findings);
  if (seen.late !== null) compareLate(expected, seen.late, options, findings);
  return findings.list();
}

function nameOf({ deviceId, number, seq, eventTime }: ReportName): string {
  const sequence = seq === null ? '' : `, seq ${seq}`;
  return `report ${number} of ${deviceId}${sequence} (${new Date(eventTime).toISOString()})`;
}

function compareBooks(
  { stored, maybeStored, valid, quarantined, late, uncertain, duplicates }: Expectation,
  books: NonNullable<Observation['books']>,
  { resends }: CompareOptions,
  findings: Findings,
): void {
  const where = 'books';
  const lost = (what: string, expected: number, actual: number) =>
    findings.addCount(
      { kind: 'lost', where, what: `${what}: ${actual} instead of ${expected}`, expected, actual },
      expected - actual,
    );
  lost('events stored', stored, books.stored);
  lost('events validated', valid, books.validated);
  const refused = Object.values(quarantined).reduce((sum, count) => sum + count, 0);
  lost('events in quarantine', refused, books.quarantined);
  lost('late events', late, books.late);
  lost('events booked as sent again', duplicates, books.duplicate);
  if (!resends) {
    const most = stored + maybeStored;
    findings.addCount(
      {
        kind: 'duplicate',
        where,
        what: `events stored: ${books.stored} instead of ${most}`,
        expected: most,
        actual: books.stored,
      },
      books.stored - most,
    );
    findings.addCount(
      {
        kind: 'late',
        where,
        what: `late events: ${books.late}, at most ${late + uncertain.length} can be`,
        expected: late,
        actual: books.late,
      },
      books.late - late - uncertain.length - maybeStored,
    );
  }
  if (!books.balanced)
    findings.add({ kind: 'wrong', where, what: 'the books of the backend do not balance' });
}

function placeOf(key: string): string {
  const [device, ...rest] = key.split(' ');
  const start = rest.pop()!;
  return `${rest.join(' ')} of ${device} from ${new Date(Number(start)).toISOString()}`;
}

function compareWindows(
  { windows, maybeInWindow }: Expectation,
  seen: ReadonlyMap<string, WindowFigures>,
  { lookedAt }: CompareOptions,
  findings: Findings,
): void {
  const where = 'window';
  for (const [key, expected] of windows) {
    if (!lookedAt.has(key.slice(0, key.indexOf(' ')))) continue;
    const actual = seen.get(key);
    const maybe = maybeInWindow.get(key) ?? 0;
    const what = (problem: string) => `window of ${placeOf(key)}: ${problem}`;
    if (actual === undefined) {
      findings.add({ kind: 'lost', where, what: what('is missing'), expected, actual: null });
    } else if (actual.count < expected.count) {
      const problem = what(`holds ${actual.count} events instead of ${expected.count}`);
      findings.add({ kind: 'lost', where, what: problem, expected, actual });
    } else if (actual.count > expected.count + maybe) {
      const problem = what(`holds ${actual.count} events instead of ${expected.count}`);
      findings.add({ kind: 'duplicate', where, what: problem, expected, actual });
    } else if (maybe === 0) {
      const wrong = (Object.keys(expected) as (keyof WindowFigures)[]).filter(
        (name) => !same(expected[name], actual[name]),
      );
      if (wrong.length > 0) {
        findings.add({ kind: 'wrong', where, what: what(`${wrong.join(', ')} differ`), expected, actual });
      }
    }
  }
  for (const [key, actual] of seen) {
    if (windows.has(key) || maybeInWindow.has(key)) continue;
    findings.add({
      kind: 'unexpected',
      where,
      what: `window of ${placeOf(key)}: nothing was sent for it`,
      actual,
    });
  }
}

function compareRollups(
  { rollups }: Expectation,
  seen: ReadonlyMap<string, RollupFigures>,
  { lookedAt }: CompareOptions,
  findings: Findings,
): void {
  for (const [key, expected] of rollups) {
    if (!lookedAt.has(key.slice(0, key.indexOf(' ')))) continue;
    const actual = seen.get(key);
    const wrong =
      actual === undefined ||
      (Object.keys(expected) as (keyof RollupFigures)[]).some((name) => !same(expected[name], actual[name]));
    if (!wrong) continue;
    const kind = actual === undefined || actual.count < expected.count ? 'lost' : 'wrong';
    const what = `rollup of ${placeOf(key)} ${actual === undefined ? 'is missing' : 'differs'}`;
    findings.add({ kind, where: 'rollup', what, expected, actual: actual ?? null });
  }
}

function same(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= RELATIVE_ERROR * Math.max(Math.abs(a), Math.abs(b));
}

function compareAlerts(
  { alerts, uncertainAlerts }: Expectation,
  seen: readonly ObservedAlert[],
  { devices, from, resends }: CompareOptions,
  findings: Findings,
): void {
  const where = 'alert';
  const keyOf = (alert: { deviceId: string; rule: string; startsAt: number }, state: string) =>
    `${alert.deviceId} ${alert.rule} ${alert.startsAt} ${state}`;
  const told = new Map(seen.map((alert) => [keyOf(alert, alert.state), alert]));
  const wanted = new Set<string>();
  for (const expected of alerts) {
    const { rule, deviceId, cause, startsAt, endsAt } = expected;
    const what = `${rule} of ${deviceId} from ${new Date(startsAt).toISOString()}`;
    const firing = keyOf(expected, 'firing');
    const resolved = keyOf(expected, 'resolved');
    wanted.add(firing);
    if (!told.has(firing)) {
      const because = cause === null ? '' : `, caused by ${nameOf(cause)}`;
      findings.add({ kind: 'lost', where, what: `${what} was never told${because}`, expected });
    }
    if (endsAt === null) continue;
    wanted.add(resolved);
    const end = told.get(resolved);
    if (end === undefined) {
      findings.add({ kind: 'lost', where, what: `${what} was never told to have resolved`, expected });
    } else if (end.endsAt !== endsAt) {
      findings.add({ kind: 'wrong', where, what: `${what} ended at another time`, expected, actual: end });
    }
  }
  for (const alert of seen) {
    const { rule, deviceId, startsAt, state, times } = alert;
    if (!devices.has(deviceId) || startsAt < from || uncertainAlerts.has(`${deviceId} ${rule}`)) continue;
    const what = `${rule} of ${deviceId} from ${new Date(startsAt).toISOString()} (${state})`;
    if (!wanted.has(keyOf(alert, state))) {
      findings.add({ kind: 'unexpected', where, what: `${what} must not have been told`, actual: alert });
    } else if (times > 1 && !resends) {
      findings.add({ kind: 'duplicate', where, what: `${what} was told ${times} times`, actual: alert });
    }
  }
}

function compareQuarantine(
  { quarantinedReports }: Expectation,
  seen: NonNullable<Observation['quarantine']>,
  findings: Findings,
): void {
  const where = 'quarantine';
  const left = new Map<string, number>();
  const codes = new Map<string, string[]>();
  for (const { deviceId, code, payload } of seen) {
    const key = `${deviceId} ${identityOf(payload)}`;
    left.set(`${key} ${code}`, (left.get(`${key} ${code}`) ?? 0) + 1);
    codes.set(key, [...(codes.get(key) ?? []), code]);
  }
  for (const report of quarantinedReports) {
    const key = `${report.deviceId} ${report.seq === null ? `ts ${report.eventTime}` : `seq ${report.seq}`}`;
    const count = left.get(`${key} ${report.code}`) ?? 0;
    if (count > 0) left.set(`${key} ${report.code}`, count - 1);
    else {
      const other = codes.get(key);
      const kind = other === undefined ? 'lost' : 'wrong';
      const problem = other === undefined ? 'is not in quarantine' : `is there as ${other.join(', ')}`;
      const what = `${nameOf(report)} ${problem}, expected ${report.code}`;
      findings.add({ kind, where, what, expected: report.code, actual: other ?? null });
    }
  }
}

/** A payload that cannot be parsed still shows its number to a pattern. */
function identityOf(payload: string): string {
  const seq = /"seq":(\d+)/.exec(payload);
  if (seq !== null) return `seq ${seq[1]}`;
  return `ts ${/"ts":(\d+)/.exec(payload)?.[1] ?? ''}`;
}

function compareLate(
  { lateReports, uncertain }: Expectation,
  seen: NonNullable<Observation['late']>,
  { devices }: CompareOptions,
  findings: Findings,
): void {
  const where = 'late';
  const keyOf = ({ deviceId, eventTime }: { deviceId: string; eventTime: number }) =>
    `${deviceId} ${eventTime}`;
  const kept = new Set(seen.map(keyOf));
  const allowed = new Set([...lateReports, ...uncertain].map(keyOf));
  for (const report of lateReports) {
    if (kept.has(keyOf(report))) continue;
    findings.add({ kind: 'lost', where, what: `${nameOf(report)} came too late and is not kept as late` });
  }
  for (const event of seen) {
    if (!devices.has(event.deviceId) || allowed.has(keyOf(event))) continue;
    const what = `an event of ${event.deviceId} (${new Date(event.eventTime).toISOString()}) counts as late`;
    findings.add({ kind: 'late', where, what, actual: event.payload });
  }
}
