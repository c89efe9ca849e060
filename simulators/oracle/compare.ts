/** Holds what came out against what must come out. Pure. */
import { compareAlerts } from './compare-alerts.js';
import { compareLate, compareQuarantine } from './compare-events.js';
import { compareRollups, compareWindows } from './compare-windows.js';
import { Findings } from './findings.js';
import type { Book, Expectation, FindingSummary, Observation, ObservedBooks } from './verdict.js';

export interface CompareOptions {
  /** Devices of the run, and those whose windows and rollups were asked for. */
  readonly devices: ReadonlySet<string>;
  readonly lookedAt: ReadonlySet<string>;
  /** Alerts of the run start at or after this (epoch ms). */
  readonly from: number;
  /** The backend was killed or cut off: it may have told the same alert again, and answered the same refusal again. */
  readonly resends: boolean;
  /** Windows and rollups that were there before the run, keyed as in `Expectation`: they hold more than the run's. */
  readonly before?: ReadonlySet<string>;
  /** `deviceId rule` of alerts that were on before the run. */
  readonly alertsBefore?: ReadonlySet<string>;
}

export function compare(expected: Expectation, seen: Observation, options: CompareOptions): FindingSummary[] {
  const findings = new Findings();
  if (seen.books !== null) compareBooks(expected, seen.books, findings);
  if (seen.windows !== null) compareWindows(expected, seen.windows, seen.late, options, findings);
  if (seen.rollups !== null) compareRollups(expected, seen.rollups, options, findings);
  if (seen.alerts !== null) compareAlerts(expected, seen.alerts, options, findings);
  if (seen.quarantine !== null) compareQuarantine(expected, seen.quarantine, options, findings);
  if (seen.late !== null) compareLate(expected, seen.late, options, findings);
  return findings.list();
}

/** In words, with the name that the backend's books have for it. */
const BOOKS: readonly (readonly [Book, string, keyof ObservedBooks])[] = [
  ['stored', 'events stored', 'stored'],
  ['valid', 'events validated', 'validated'],
  ['quarantined', 'events in quarantine', 'quarantined'],
  ['aggregated', 'events in windows', 'aggregated'],
  ['duplicates', 'events booked as sent again', 'duplicate'],
  ['late', 'late events', 'late'],
];

function compareBooks(expectation: Expectation, books: ObservedBooks, findings: Findings): void {
  const where = 'books';
  for (const [book, what, name] of BOOKS) {
    const least = leastOf(expectation, book);
    const most = least + expectation.maybe[book];
    const actual = books[name] as number;
    const wanted = most === least ? `${least}` : `${least} to ${most}`;
    const finding = {
      where,
      what: `${what}: ${actual} instead of ${wanted}`,
      expected: [least, most],
      actual,
    } as const;
    findings.addCount({ ...finding, kind: 'lost' }, least - actual);
    findings.addCount({ ...finding, kind: book === 'late' ? 'late' : 'duplicate' }, actual - most);
  }
  if (!books.balanced)
    findings.add({ kind: 'wrong', where, what: 'the books of the backend do not balance' });
}

/** So many there must be. */
export function leastOf(expectation: Expectation, book: Book): number {
  if (book !== 'quarantined') return expectation[book];
  return Object.values(expectation.quarantined).reduce((sum, count) => sum + count, 0);
}
