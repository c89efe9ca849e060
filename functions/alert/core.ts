/**
 * The life of an alert, as a reducer: one rule, one device, one event (or tick) at a time, in stream order.
 *
 *     inactive --holds, no `for`--------------------------------> firing
 *     inactive --holds--> pending --has held for `for`----------> firing --no longer holds--> inactive (resolved)
 *                         pending --no longer holds--> inactive (there was no alert)
 *
 * States after Prometheus (rules/alerting.go), but clocked by event time, because events come late and in any order;
 * ticks, which carry arrival time, run out a `for` when a device falls silent. Everything a later decision rests on
 * is in `Machine`, so that a replay from any record decides the same.
 */

/** What is remembered of one rule and device. */
export interface Machine {
  readonly phase: 'inactive' | 'pending' | 'firing';
  /** Event time at which the condition began to hold; without meaning while inactive. */
  readonly startsAt: number;
  /** Arrival time of that event: where ticks count from. */
  readonly activatedAt: number;
  /** Latest event time at which it held. Events that are older and say otherwise resolve nothing. */
  readonly lastHeld: number;
  /** The interval in which it held last, [from, to): events from there are old news. */
  readonly ended: { readonly from: number; readonly to: number } | null;
}

export interface Sample {
  /** Epoch ms. */
  readonly eventTime: number;
  readonly arrivalTime: number;
  /** Whether the rule's condition holds for the event. */
  readonly holds: boolean;
}

export interface Transition {
  /** `cancelled`: a pending alert came to nothing. */
  readonly to: 'pending' | 'firing' | 'resolved' | 'cancelled';
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** An alert that lies before the current state and leaves that as it is. */
  readonly passed: boolean;
}

/** The new state, and what to tell the world. */
export interface Step {
  readonly machine: Machine;
  readonly transitions: readonly Transition[];
}

const NEVER: Machine = { phase: 'inactive', startsAt: 0, activatedAt: 0, lastHeld: 0, ended: null };

/** Applies an event. Null when it changes nothing. */
export function reduce(machine: Machine | undefined, sample: Sample, forMs: number): Step | null {
  switch (machine?.phase) {
    case 'firing':
      return whileFiring(machine, sample);
    case 'pending':
      return whilePending(machine, sample, forMs);
    default:
      return sample.holds ? begin(machine ?? NEVER, sample, forMs) : null;
  }
}

/** Applies a tick of this time: `for` has run out when the condition began to hold that long ago. */
export function reduceTick(machine: Machine, time: number, forMs: number): Step | null {
  if (machine.phase !== 'pending' || time - machine.activatedAt < forMs) return null;
  return fire(machine, machine.startsAt);
}

function begin(machine: Machine, { eventTime, arrivalTime }: Sample, forMs: number): Step | null {
  const { ended } = machine;
  if (ended !== null && eventTime <= ended.to) return stale(machine, ended, eventTime, forMs);
  const next = { startsAt: eventTime, activatedAt: arrivalTime, lastHeld: eventTime, ended };
  if (forMs === 0) return fire({ phase: 'firing', ...next }, eventTime);
  return {
    machine: { phase: 'pending', ...next },
    transitions: [{ to: 'pending', startsAt: eventTime, endsAt: null, passed: false }],
  };
}

/**
 * The condition held at a time before the one at which it is known to have ended. Within the interval that was
 * reported this is nothing new (often the same event again, as clients repeat after a crash). Outside of it, it is an
 * alert of its own, over already: told as such, so that none is lost. With a `for` a single event shows no alert.
 */
function stale(
  machine: Machine,
  ended: { from: number; to: number },
  eventTime: number,
  forMs: number,
): Step | null {
  const covered = eventTime === ended.from || (eventTime > ended.from && eventTime < ended.to);
  if (covered || forMs > 0) return null;
  return {
    machine,
    transitions: [
      { to: 'firing', startsAt: eventTime, endsAt: null, passed: true },
      { to: 'resolved', startsAt: eventTime, endsAt: eventTime, passed: true },
    ],
  };
}

function whilePending(machine: Machine, { eventTime, holds }: Sample, forMs: number): Step | null {
  if (holds) return eventTime - machine.startsAt >= forMs ? fire(machine, eventTime) : null;
  return eventTime >= machine.startsAt ? end(machine, eventTime, 'cancelled') : null;
}

function whileFiring(machine: Machine, { eventTime, holds }: Sample): Step | null {
  if (holds) {
    return eventTime > machine.lastHeld
      ? { machine: { ...machine, lastHeld: eventTime }, transitions: [] }
      : null;
  }
  return eventTime >= machine.lastHeld ? end(machine, eventTime, 'resolved') : null;
}

function fire(machine: Machine, lastHeld: number): Step {
  return {
    machine: { ...machine, phase: 'firing', lastHeld },
    transitions: [{ to: 'firing', startsAt: machine.startsAt, endsAt: null, passed: false }],
  };
}

function end(machine: Machine, endsAt: number, to: 'resolved' | 'cancelled'): Step {
  const { startsAt } = machine;
  return {
    machine: { ...machine, phase: 'inactive', ended: { from: startsAt, to: endsAt } },
    transitions: [{ to, startsAt, endsAt, passed: false }],
  };
}
