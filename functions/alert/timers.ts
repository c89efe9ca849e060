/**
 * What time does to an alert when nothing comes: `for` and `keep_firing_for` run out, the data is missed, and at last not
 * waited for any longer. Ticks carry arrival time, and count from the arrival of the event that set the timer.
 */
import { cancel, endKept, fire, lose, resolve } from './core.js';
import type { Machine, Step, Timing } from './machine.js';

/** Arrival time of the tick that changes something, when no event comes before; Infinity: none does. */
export function dueAt(machine: Machine, timing: Timing): number {
  const { phase, ceased, activatedAt } = machine;
  if (phase === 'pending') return Math.min(activatedAt + timing.forMs, lostAt(machine, timing));
  if (phase === 'nodata') return machine.heard.arrivalTime + (timing.goneMs ?? Number.POSITIVE_INFINITY);
  if (phase !== 'firing') return Number.POSITIVE_INFINITY;
  // That the condition does not hold is known: what is missing then would not tell more.
  return ceased === null ? lostAt(machine, timing) : ceased.arrivalTime + timing.keepFiringMs;
}

/** Applies a tick of this time. After a pause of the ticks themselves several things may be due: in their order. */
export function reduceTick(machine: Machine, time: number, timing: Timing): Step | null {
  if (time < dueAt(machine, timing)) return null;
  if (machine.phase === 'nodata') {
    const { lastHeld, heard } = machine;
    return resolve(machine, lastHeld, heard.eventTime, 'no-data', true);
  }
  if (machine.phase === 'firing') {
    return machine.ceased === null ? lose(machine) : endKept(machine, machine.ceased, timing, true);
  }
  if (lostAt(machine, timing) < machine.activatedAt + timing.forMs) {
    return cancel(machine, machine.heard.eventTime, 'no-data', true);
  }
  const fired = fire(machine, true);
  const later = reduceTick(fired.machine, time, timing);
  if (later === null) return fired;
  return { machine: later.machine, transitions: [...fired.transitions, ...later.transitions] };
}

/** The device's clock at an arrival time, as far as the alert knows it. */
export function clockAt({ heard }: Machine, time: number): number {
  return Math.max(heard.eventTime, heard.eventTime + (time - heard.arrivalTime));
}

function lostAt({ heard }: Machine, { noDataMs }: Timing): number {
  return noDataMs === null ? Number.POSITIVE_INFINITY : heard.arrivalTime + noDataMs;
}
