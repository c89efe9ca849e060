/** What a batch comes to: what is to be told, and what is to be kept. */
import type { deviceTags } from '../../schemas/device-tags.js';
import type { Alert, Told } from '../../stores/alerts.js';
import { type Cause, documentOf, fingerprintOf, withState } from './document.js';
import type { Step, Transition } from './machine.js';
import type { Entry } from './rows.js';
import type { DeviceState, WarmPartition } from './warm.js';

/** Where in the stream something happened. */
export interface Position {
  readonly offset: bigint;
  readonly arrivalTime: number;
}

/** (device id, event) -> tags */
export type TagsOf = ReturnType<typeof deviceTags>;

export class Outcome {
  /** Alerts that fire, miss their data or resolve, in the order of their causes. */
  readonly told: Told[] = [];
  /** Alerts that are over, and are not, or no longer, the current one of their entry. */
  readonly ended: Alert[] = [];
  readonly changed = new Set<Entry>();
  /** Devices of which something new is remembered. */
  readonly touched = new Set<DeviceState>();
  readonly #warm: WarmPartition;
  readonly #tagsOf: TagsOf;

  constructor(warm: WarmPartition, tagsOf: TagsOf) {
    this.#warm = warm;
    this.#tagsOf = tagsOf;
  }

  /** @param cause of what a sample brings about; null where there is none */
  apply(device: DeviceState, index: number, step: Step, cause: Cause | null, at: Position): void {
    const rule = this.#warm.plan.rules[index]!;
    const entry = device.entries?.[index];
    const fingerprint = entry?.fingerprint ?? fingerprintOf(rule, device.id);
    let alert = entry?.alert ?? null;
    // The history has not seen the one that is there if this batch has made it.
    let isKept = entry === undefined || !this.changed.has(entry);
    for (const transition of step.transitions) {
      const { to, reason, startsAt, endsAt, flapping, passed } = transition;
      if (to === 'cancelled') {
        alert = null;
        continue;
      }
      const instance = { state: to, reason, startsAt, endsAt, changedAt: at.arrivalTime, flapping };
      const document = documentOf(
        rule,
        device.id,
        fingerprint,
        instance,
        causeOf(transition, alert, cause, this.#tagsOf),
      );
      if (to !== 'pending') this.told.push({ alert: document, passed });
      if (passed) {
        if (endsAt !== null) this.ended.push(document);
        continue;
      }
      if (alert !== null && alert.startsAt !== startsAt) this.#succeed(alert, isKept, at);
      alert = document;
      isKept = false;
    }
    if (step.machine === entry?.machine) return;
    const kept = entry ?? {
      fingerprint,
      deviceId: device.id,
      rule: rule.name,
      machine: step.machine,
      alert,
      offset: at.offset,
    };
    kept.machine = step.machine;
    kept.alert = alert;
    kept.offset = at.offset;
    if (entry === undefined) this.#warm.set(device, index, kept);
    this.changed.add(kept);
  }

  /** Something new is remembered of the device. */
  touch(device: DeviceState, offset: bigint): void {
    device.remembered!.offset = offset;
    this.touched.add(device);
  }

  /** Ends what is left of a rule that is no more, or of one with other labels. */
  removed(orphan: Entry, step: Step, at: Position): void {
    for (const { to, reason, startsAt, endsAt, flapping, passed } of step.transitions) {
      if (to === 'cancelled' || orphan.alert === null) {
        orphan.alert = null;
        continue;
      }
      const instance = {
        state: 'resolved',
        reason,
        startsAt,
        endsAt,
        changedAt: at.arrivalTime,
        flapping,
      } as const;
      orphan.alert = withState(orphan.alert, instance);
      this.told.push({ alert: orphan.alert, passed });
    }
    orphan.machine = step.machine;
    orphan.offset = at.offset;
    this.changed.add(orphan);
  }

  /** An instance that another one follows. */
  #succeed(alert: Alert, isKept: boolean, { arrivalTime }: Position): void {
    // That the condition holds again is told as an alert of its own; the one before is over, in the history alone.
    if (alert.state === 'nodata') {
      this.ended.push(withState(alert, { ...alert, state: 'resolved', changedAt: arrivalTime }));
    } else if (alert.state === 'resolved' && !isKept) {
      this.ended.push(alert);
    }
  }
}

/** What time does to an alert is told with the event that it has. */
function causeOf({ byTime }: Transition, alert: Alert | null, cause: Cause | null, tagsOf: TagsOf): Cause {
  if (cause !== null && (!byTime || alert === null)) return cause;
  const { deviceId, eventTime, value } = alert!;
  const event = alert!.event as Cause['event'];
  return { eventTime, event, value, tags: tagsOf(deviceId, event) };
}
