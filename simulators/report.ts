/** The outcome of a simulation and the verdict on it. Pure. */
import type { AlertCounts } from './alert-watch.js';
import type { Books } from './api.js';

export interface SimulationReport {
  readonly seed: number;
  readonly devices: number;
  readonly seconds: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** What the books grew by; other publishers, if any, included. */
  readonly stored: number;
  readonly valid: { readonly expected: number; readonly actual: number };
  readonly quarantined: { readonly expected: number; readonly actual: number };
  readonly alerts: AlertCounts & { readonly expected: number; readonly expectedResolved: number };
  /** Events of this run in the windows of the devices that were looked at. */
  readonly windows: { readonly devices: number; readonly expected: number; readonly actual: number };
  /** Events of these devices in the minutes of this run: in rollups, and in windows (expected). */
  readonly rollups: { readonly expected: number; readonly actual: number };
  readonly errors: readonly string[];
  /** What is wrong; empty means that nothing was lost. */
  readonly problems: readonly string[];
  /** What is only worth knowing. */
  readonly notes: readonly string[];
  readonly ok: boolean;
}

export type Observed = Omit<SimulationReport, 'problems' | 'notes' | 'ok'> & {
  readonly qos: 0 | 1 | 2;
  readonly balanced: boolean;
};

export function judge(observed: Observed): SimulationReport {
  const { qos, balanced, ...figures } = observed;
  const problems: string[] = [];
  const notes: string[] = [];
  const { sent, acknowledged, stored, valid, quarantined, alerts, windows, rollups } = figures;
  if (acknowledged < sent) problems.push(`${sent - acknowledged} events were not acknowledged`);
  const promised = qos === 0 ? sent : acknowledged;
  if (stored < promised) {
    const what = `${promised - stored} ${qos === 0 ? 'sent' : 'acknowledged'} events are not stored`;
    (qos === 0 ? notes : problems).push(what);
  }
  if (stored > sent)
    notes.push(`${stored - sent} more events were stored meanwhile: other publishers, or resends`);
  if (valid.actual < valid.expected)
    problems.push(`${valid.expected - valid.actual} events were not validated`);
  if (quarantined.actual < quarantined.expected) {
    problems.push(`${quarantined.expected - quarantined.actual} malformed events are not in quarantine`);
  }
  if (alerts.missing > 0) problems.push(`${alerts.missing} alerts are missing`);
  if (alerts.unexpected > 0) problems.push(`${alerts.unexpected} alerts fired that must not have`);
  if (alerts.duplicate > 0) notes.push(`${alerts.duplicate} alerts came more than once`);
  if (alerts.resolved < alerts.expectedResolved) {
    problems.push(`${alerts.expectedResolved - alerts.resolved} alerts did not resolve`);
  }
  if (windows.actual !== windows.expected) {
    problems.push(`windows hold ${windows.actual} events instead of ${windows.expected}`);
  }
  if (rollups.actual > rollups.expected) {
    problems.push(`rollups hold ${rollups.actual} events instead of ${rollups.expected}`);
  } else if (rollups.actual < rollups.expected) {
    notes.push(`${rollups.expected - rollups.actual} events wait for the next run of rollup`);
  }
  if (!balanced) problems.push('the books of the backend do not balance');
  return { ...figures, problems, notes, ok: problems.length === 0 };
}

/** What the books grew by. */
export function growth(before: Books, after: Books) {
  return {
    stored: after.acknowledged + after.received - before.acknowledged - before.received,
    valid: after.validated - before.validated,
    quarantined: after.quarantined - before.quarantined,
  };
}
