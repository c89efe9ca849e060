/**
 * The life of an alert, as a reducer: one rule, one device, one event (or moment) at a time, in stream order.
 *
 *     inactive --holds, no `for`-------------------------> firing
 *     inactive --holds--> pending --held for `for`-------> firing
 *                         pending --clears, no data------> inactive (there was no alert)
 *     firing --clears--> [keeps firing --has not held for `keep_firing_for`-->] inactive (resolved)
 *     firing --no data for `no_data`--> nodata --holds--> firing, anew
 *                                       nodata --clears, device gone--> inactive (resolved)
 *
 * States after Prometheus (rules/alerting.go), but clocked by event time, because events come late and in any order;
 * ticks, which carry arrival time, stand in for it when a device falls silent (`timers.ts`). Everything a later
 * decision rests on is in `Machine`, so that a replay from any record decides the same.
 */
import { fired, isFlapping } from './flapping.js';
import {
  type Ended,
  INACTIVE,
  type Machine,
  type Moment,
  type Sample,
  type Step,
  type Timing,
  type Transition,
} from './machine.js';

/** Applies a verdict about an event, or about a moment without one. Null when it changes nothing. */
export function reduce(machine: Machine | undefined, sample: Sample, timing: Timing): Step | null {
  switch (machine?.phase) {
    case 'firing':
      return whileFiring(machine, sample, timing);
    case 'pending':
      return whilePending(machine, sample, timing);
    case 'nodata':
      return whileNoData(machine, sample);
    default:
      return sample.verdict === 'holds' ? begin(machine ?? INACTIVE, sample, timing) : null;
  }
}

/** The rule applies at other times only: what is pending is forgotten, what fires resolves. */
export function outOfHours(machine: Machine, at: Moment): Step | null {
  if (machine.phase === 'inactive' || at.eventTime < machine.lastHeld) return null;
  return stop(machine, at.eventTime, 'inactive-hours');
}

/** There is no such rule any more. @param eventTime by the device's clock */
export function remove(machine: Machine, eventTime: number): Step | null {
  if (machine.phase === 'inactive') return null;
  return stop(machine, Math.max(eventTime, machine.lastHeld), 'rule-removed');
}

/** A pending alert comes to nothing. @param to event time up to which it is known what was */
export function cancel(machine: Machine, to: number, reason: Transition['reason'], byTime: boolean): Step {
  const { startsAt } = machine;
  return {
    machine: { ...machine, phase: 'inactive', ended: { from: startsAt, to } },
    transitions: [{ to: 'cancelled', reason, startsAt, endsAt: to, flapping: false, passed: false, byTime }],
  };
}

/** A pending alert fires. @param byTime time ran `for` out, no event did */
export function fire(machine: Machine, byTime: boolean): Step {
  const flaps = fired(machine, machine.startsAt);
  const now: Machine = { ...machine, phase: 'firing', ceased: null, ...flaps };
  return { machine: now, transitions: [firing(now, byTime)] };
}

/** @param to event time up to which it is known what was */
export function resolve(
  machine: Machine,
  endsAt: number,
  to: number,
  reason: Transition['reason'],
  byTime: boolean,
): Step {
  const { startsAt } = machine;
  const flapping = isFlapping(machine, endsAt);
  const ended = { from: startsAt, to, ...(endsAt > to ? { until: endsAt } : {}) };
  return {
    machine: { ...machine, phase: 'inactive', ceased: null, flapping, ended },
    transitions: [{ to: 'resolved', reason, startsAt, endsAt, flapping, passed: false, byTime }],
  };
}

/** Nothing came for so long that nobody knows whether a firing alert still holds. */
export function lose(machine: Machine): Step {
  const { startsAt, lastHeld, flapping } = machine;
  return {
    machine: { ...machine, phase: 'nodata' },
    transitions: [
      { to: 'nodata', reason: 'no-data', startsAt, endsAt: lastHeld, flapping, passed: false, byTime: true },
    ],
  };
}

function stop(machine: Machine, eventTime: number, reason: Transition['reason']): Step {
  if (machine.phase === 'pending') return cancel(machine, eventTime, reason, true);
  // Of what was there after the data ended nobody knows.
  const endsAt = machine.phase === 'nodata' ? machine.lastHeld : eventTime;
  return resolve(machine, endsAt, eventTime, reason, true);
}

function begin(machine: Machine, sample: Sample, timing: Timing): Step | null {
  const { eventTime, arrivalTime } = sample;
  const { ended } = machine;
  const isNew = sample.isOfNow === true && eventTime === ended?.to && eventTime > ended.from;
  if (ended !== null && eventTime <= ended.to && !isNew) {
    return isByTime(sample) ? null : stale(machine, ended, eventTime, timing);
  }
  const started: Machine = {
    ...machine,
    phase: 'pending',
    startsAt: eventTime,
    activatedAt: arrivalTime,
    lastHeld: eventTime,
    heard: sample.silentSince ?? { eventTime, arrivalTime },
    ceased: null,
    flapping: isFlapping(machine, eventTime),
  };
  if (timing.forMs === 0) return fire(started, false);
  const { startsAt, flapping } = started;
  return {
    machine: started,
    transitions: [
      { to: 'pending', reason: 'condition', startsAt, endsAt: null, flapping, passed: false, byTime: false },
    ],
  };
}

/**
 * The condition held at a time before the one at which it is known to have ended. Within the interval that was
 * reported this is nothing new (often the same event again, as clients repeat after a crash). Outside of it, it is an
 * alert of its own, over already: told as such, so that none is lost. With a `for` a single event shows no alert.
 */
function stale(
  machine: Machine,
  { from, to, until = to }: Ended,
  eventTime: number,
  { forMs }: Timing,
): Step | null {
  const covered = eventTime === from || (eventTime > from && eventTime < until);
  if (covered || forMs > 0) return null;
  const past = {
    reason: 'condition',
    startsAt: eventTime,
    flapping: false,
    passed: true,
    byTime: false,
  } as const;
  return {
    machine,
    transitions: [
      { ...past, to: 'firing', endsAt: null },
      { ...past, to: 'resolved', endsAt: eventTime },
    ],
  };
}

function whilePending(machine: Machine, sample: Sample, timing: Timing): Step | null {
  const { eventTime, verdict } = sample;
  if (verdict === 'clears') {
    if (eventTime < machine.startsAt) return null;
    return cancel(machine, knownTo(machine, sample), 'condition', false);
  }
  if (isGap(machine, sample, timing)) {
    // Nobody knows what was in between: the time until the condition is known to hold anew does not count.
    const forgotten = cancel(machine, machine.heard.eventTime, 'no-data', true);
    return verdict === 'holds' ? joined(forgotten, begin(forgotten.machine, sample, timing)) : forgotten;
  }
  const next = hear(machine, sample, true);
  if (eventTime - machine.startsAt >= timing.forMs) return fire(next, false);
  return next === machine ? null : { machine: next, transitions: [] };
}

function whileFiring(machine: Machine, sample: Sample, timing: Timing): Step | null {
  const { eventTime, verdict } = sample;
  const { ceased } = machine;
  if (ceased === null && isGap(machine, sample, timing)) {
    const lost = lose(machine);
    return joined(lost, whileNoData(lost.machine, sample));
  }
  if (verdict === 'holds' && ceased !== null && eventTime - ceased.eventTime > timing.keepFiringMs) {
    const over = endKept(machine, ceased, timing, false);
    return joined(over, begin(over.machine, sample, timing));
  }
  if (verdict === 'holds' || (verdict === 'between' && ceased === null)) {
    const heard = hear(machine, sample, true);
    const again = ceased !== null && eventTime >= ceased.eventTime;
    const next = again ? { ...heard, ceased: null } : heard;
    return next === machine ? null : { machine: next, transitions: [] };
  }
  const next = hear(machine, sample, false);
  if (verdict === 'clears' && eventTime >= machine.lastHeld) {
    if (timing.keepFiringMs === 0) {
      return resolve(next, eventTime, knownTo(next, sample), 'condition', false);
    }
    const since = ceased ?? { eventTime, arrivalTime: sample.arrivalTime };
    if (eventTime - since.eventTime >= timing.keepFiringMs) return endKept(next, since, timing, false);
    if (ceased === null) return { machine: { ...next, ceased: since }, transitions: [] };
  }
  return next === machine ? null : { machine: next, transitions: [] };
}

/** Data again: what fired and holds fires anew, at once; what was not cleared counts as holding. */
function whileNoData(machine: Machine, sample: Sample): Step | null {
  const { eventTime, arrivalTime, verdict } = sample;
  // Time alone is no data, and an event from before the gap says nothing about after it.
  if (isByTime(sample) || eventTime < machine.lastHeld) return null;
  if (verdict === 'clears') return resolve(machine, machine.lastHeld, eventTime, 'condition', false);
  if (eventTime === machine.lastHeld) return null;
  return fire(
    {
      ...machine,
      startsAt: eventTime,
      activatedAt: arrivalTime,
      lastHeld: eventTime,
      heard: { eventTime, arrivalTime },
    },
    false,
  );
}

/** `keep_firing_for` has run out since `ceased`. */
export function endKept(machine: Machine, ceased: Moment, { keepFiringMs }: Timing, byTime: boolean): Step {
  return resolve(machine, ceased.eventTime + keepFiringMs, machine.heard.eventTime, 'condition', byTime);
}

/** Whether nothing is known of the time before the event for as long as `no_data`, by either clock. */
function isGap({ heard }: Machine, sample: Sample, { noDataMs }: Timing): boolean {
  const { eventTime, arrivalTime } = sample;
  if (noDataMs === null || isByTime(sample)) return false;
  return arrivalTime - heard.arrivalTime >= noDataMs || eventTime - heard.eventTime >= noDataMs;
}

/** Takes note of an event. The same machine when there is nothing new in it. */
function hear(machine: Machine, sample: Sample, holds: boolean): Machine {
  if (isByTime(sample)) return machine;
  const { eventTime, arrivalTime } = sample;
  const { heard, lastHeld } = machine;
  const isNewer = eventTime > heard.eventTime;
  if (!isNewer && arrivalTime <= heard.arrivalTime && (!holds || eventTime <= lastHeld)) return machine;
  return {
    ...machine,
    lastHeld: holds ? Math.max(lastHeld, eventTime) : lastHeld,
    heard: {
      eventTime: isNewer ? eventTime : heard.eventTime,
      arrivalTime: Math.max(arrivalTime, heard.arrivalTime),
    },
  };
}

/** A device's clock that runs on while it is silent may be ahead of its next event: only events say what was when. */
function knownTo({ heard, startsAt }: Machine, { eventTime, silentSince }: Sample): number {
  return silentSince === undefined ? eventTime : Math.max(startsAt, heard.eventTime);
}

function isByTime({ silentSince }: Sample): boolean {
  return silentSince !== undefined;
}

function firing({ startsAt, flapping }: Machine, byTime: boolean): Transition {
  return { to: 'firing', reason: 'condition', startsAt, endsAt: null, flapping, passed: false, byTime };
}

function joined(first: Step, second: Step | null): Step {
  if (second === null) return first;
  return { machine: second.machine, transitions: [...first.transitions, ...second.transitions] };
}
