/** Alerts, as they were told and as they must be. Pure. */
import type { CompareOptions } from './compare.js';
import type { Findings } from './findings.js';
import { nameOf, timeOf } from './names.js';
import type { Expectation, ObservedAlert } from './verdict.js';

interface Key {
  readonly deviceId: string;
  readonly rule: string;
  readonly startsAt: number;
}

const keyOf = ({ deviceId, rule, startsAt }: Key, state: string) =>
  `${deviceId} ${rule} ${startsAt} ${state}`;

const ENDED = { nodata: 'lost its data', resolved: 'resolved' } as const;

export function compareAlerts(
  { alerts, possibleAlerts, uncertainAlerts }: Expectation,
  seen: readonly ObservedAlert[],
  { devices, from, resends, alertsBefore }: CompareOptions,
  findings: Findings,
): void {
  const where = 'alert';
  const told = new Map(seen.map((alert) => [keyOf(alert, alert.state), alert]));
  const wanted = new Set<string>();
  const isKnownBefore = ({ deviceId, rule }: Key) => alertsBefore?.has(`${deviceId} ${rule}`) === true;
  for (const expected of alerts) {
    if (isKnownBefore(expected)) continue;
    const { rule, deviceId, cause, startsAt, endsAt } = expected;
    const what = `${rule} of ${deviceId} from ${timeOf(startsAt)}`;
    const firing = keyOf(expected, 'firing');
    wanted.add(firing);
    if (!told.has(firing)) {
      const because = cause === null ? '' : `, caused by ${nameOf(cause)}`;
      findings.add({ kind: 'lost', where, what: `${what} was never told${because}`, expected, actual: null });
    }
    for (const [state, at] of [
      ['nodata', expected.lastHeld],
      ['resolved', endsAt],
    ] as const) {
      if (at === null) continue;
      const key = keyOf(expected, state);
      wanted.add(key);
      const end = told.get(key);
      if (end === undefined) {
        const problem = `${what} was never told to have ${ENDED[state]} at ${timeOf(at)}`;
        findings.add({ kind: 'lost', where, what: problem, expected, actual: null });
      } else if (end.endsAt !== at) {
        const ended = end.endsAt === null ? 'at no time' : `at ${timeOf(end.endsAt)}`;
        const problem = `${what} ended ${ended} instead of ${timeOf(at)}`;
        findings.add({ kind: 'wrong', where, what: problem, expected, actual: end });
      }
    }
  }
  for (const alert of seen) {
    const { rule, deviceId, startsAt, state, endsAt, times } = alert;
    if (!devices.has(deviceId) || startsAt < from || isKnownBefore(alert)) continue;
    if (uncertainAlerts.has(`${deviceId} ${rule}`)) continue;
    const what = `${rule} of ${deviceId} from ${timeOf(startsAt)} (${state})`;
    if (!wanted.has(keyOf(alert, state)) && !possibleAlerts.has(`${keyOf(alert, state)} ${endsAt}`)) {
      findings.add({ kind: 'unexpected', where, what: `${what} must not have been told`, actual: alert });
    } else if (times > 1 && !resends) {
      findings.add({ kind: 'duplicate', where, what: `${what} was told ${times} times`, actual: alert });
    }
  }
}
