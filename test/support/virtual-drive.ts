/**
 * A drive in virtual time: every publish of a plan arrives after a delay, in the order of its device, and the oracle
 * is told of it as a driver would. Connections break now and then; what was under way is then sent again.
 */

import type { Oracle } from '../../simulators/oracle/oracle.js';
import type { Plan, Publish } from '../../simulators/plan/action.js';
import { Random } from '../../simulators/random.js';
import type { ArrivingEvent } from './virtual-backend.js';

export interface DriveFaults {
  readonly seed: number;
  /** Longest time from sending to arrival, and from there to the acknowledgement, ms. */
  readonly delayMs: number;
  /** Share of QoS 0 publishes that never arrive. */
  readonly loss: number;
  /** Share of publishes after which the connection is lost, with up to so many publishes under way. */
  readonly breaks: number;
  readonly underWay: number;
}

/** Without an acknowledgement the oracle takes nothing to be under way for longer, not even a backlog; ms. */
const UNDER_WAY_MS = 10_000;

/** Events in order of arrival. */
export function drive(plan: Plan, oracle: Oracle, faults: DriveFaults): ArrivingEvent[] {
  const events: ArrivingEvent[] = [];
  for (const { index, deviceId, actions } of plan.devices) {
    const random = Random.named(faults.seed, deviceId);
    const publishes = [...actions()].filter((action) => action.kind === 'publish');
    let now = 0;
    const dueOf = ({ at }: Publish) => plan.start + at / plan.speed;
    const delay = () => Math.floor(random.unit() * faults.delayMs);
    const arrive = ({ payload }: Publish) => events.push({ arrivalTime: Math.floor(now), deviceId, payload });
    for (let next = 0; next < publishes.length; next++) {
      const publish = publishes[next]!;
      if (publish.qos === 0) {
        const sentAt = dueOf(publish);
        oracle.sent(index, publish, sentAt, sentAt);
        now = Math.min(Math.max(now, sentAt) + delay(), sentAt + UNDER_WAY_MS);
        if (random.unit() >= faults.loss) arrive(publish);
        continue;
      }
      if (random.unit() < faults.breaks) {
        // Some of what is under way is stored, nothing of it is acknowledged, and all of it goes out again.
        const cut = publishes.slice(next, next + 1 + random.integer(0, faults.underWay));
        const storedCount = random.integer(0, cut.length);
        for (const [order, one] of cut.entries()) {
          now = Math.max(now, dueOf(one));
          oracle.sent(index, one, dueOf(one), now);
          now += delay();
          if (order < storedCount) arrive(one);
        }
        now += delay();
        oracle.connectionLost(index, now);
        for (const one of cut) {
          now += delay();
          arrive(one);
          now += delay();
          oracle.acknowledged(index, one, now);
        }
        next += cut.length - 1;
        continue;
      }
      now = Math.max(now, dueOf(publish));
      oracle.sent(index, publish, dueOf(publish), now);
      now += delay();
      arrive(publish);
      now += delay();
      oracle.acknowledged(index, publish, now);
    }
  }
  // Sorting is stable: what arrives at a device's connection in the same millisecond stays in order.
  return events.sort((a, b) => a.arrivalTime - b.arrivalTime);
}
