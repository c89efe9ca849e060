/** Events that went another way than into a window: quarantined and late ones. Pure. */
import type { CompareOptions } from './compare.js';
import type { Findings } from './findings.js';
import { identityIn, identityOf, Multiset, nameOf, timeOf } from './names.js';
import type { Expectation, Observation, ObservedRefusal } from './verdict.js';

export function compareQuarantine(
  { quarantinedReports, maybeQuarantined }: Expectation,
  seen: readonly ObservedRefusal[],
  { devices }: CompareOptions,
  findings: Findings,
): void {
  const where = 'quarantine';
  const left = new Map<string, ObservedRefusal[]>();
  for (const refusal of seen) {
    if (!devices.has(refusal.deviceId)) continue;
    const identity = identityIn(refusal.deviceId, refusal.payload);
    const same = left.get(identity);
    if (same === undefined) left.set(identity, [refusal]);
    else same.push(refusal);
  }
  const take = (identity: string, code: string): boolean => {
    const refusals = left.get(identity);
    const at = refusals?.findIndex((refusal) => refusal.code === code) ?? -1;
    if (at >= 0) refusals!.splice(at, 1);
    return at >= 0;
  };
  // Right ones first: a copy with the wrong code must not be taken for them.
  const missing = quarantinedReports.filter((report) => !take(identityOf(report), report.code));
  for (const report of missing) {
    const other = left.get(identityOf(report))?.shift();
    const problem = other === undefined ? 'is not in quarantine' : `is in quarantine as ${other.code}`;
    const what = `${nameOf(report)} ${problem}, expected ${report.code}`;
    const kind = other === undefined ? 'lost' : 'wrong';
    findings.add({ kind, where, what, expected: report.code, actual: other?.code ?? null });
  }
  for (const report of maybeQuarantined) take(identityOf(report), report.code);
  const expected = new Set([...quarantinedReports, ...maybeQuarantined].map(identityOf));
  for (const [identity, refusals] of left) {
    for (const { deviceId, code, payload } of refusals) {
      const again = expected.has(identity);
      const problem = again ? 'is in quarantine once more' : 'must not be in quarantine';
      const what = `an event of ${deviceId} ${problem}, as ${code}: ${excerpt(payload)}`;
      findings.add({ kind: again ? 'duplicate' : 'unexpected', where, what, actual: code });
    }
  }
}

export function compareLate(
  { lateReports, maybeLate }: Expectation,
  seen: NonNullable<Observation['late']>,
  { devices }: CompareOptions,
  findings: Findings,
): void {
  const where = 'late';
  const own = seen.filter(({ deviceId }) => devices.has(deviceId));
  const kept = new Multiset(own.map(({ deviceId, payload }) => identityIn(deviceId, payload)));
  for (const report of lateReports) {
    if (kept.take(identityOf(report))) continue;
    const what = `${nameOf(report)} came too late and is not kept as late`;
    findings.add({ kind: 'lost', where, what, expected: identityOf(report), actual: null });
  }
  const allowed = new Multiset([...lateReports, ...maybeLate].map(identityOf));
  for (const { deviceId, eventTime, payload } of own) {
    if (allowed.take(identityIn(deviceId, payload))) continue;
    const what = `an event of ${deviceId} (${timeOf(eventTime)}) counts as late: ${excerpt(payload)}`;
    findings.add({ kind: 'late', where, what, actual: payload });
  }
}

function excerpt(payload: string): string {
  return JSON.stringify(payload.slice(0, 120));
}
