/**
 * Timelines, drawn. Each character is one second, in the order of the stream: `H` an event for which the condition
 * holds, `.` one that ends it, `~` one in between (hysteresis), `-` no event, `t` a tick. A digit after an event sets
 * its event time (in seconds) instead of its place: an event that comes late. Events arrive at their place, at the pace
 * of the drawing.
 */
import { reduce } from '../../../functions/alert/core.js';
import type { Machine, Step, Timing, Verdict } from '../../../functions/alert/machine.js';
import { reduceTick } from '../../../functions/alert/timers.js';

/** Seconds. */
export interface Times {
  readonly for?: number;
  readonly keep?: number;
  readonly noData?: number;
}

const VERDICTS: Readonly<Record<string, Verdict>> = { H: 'holds', '.': 'clears', '~': 'between' };

export function timingOf({ for: held = 0, keep = 0, noData }: Times): Timing {
  return {
    forMs: held * 1_000,
    keepFiringMs: keep * 1_000,
    noDataMs: noData === undefined ? null : noData * 1_000,
  };
}

/** What is told, as `firing 2`, `resolved 2-5`; and the machine that is left. */
export function run(timeline: string, times: Times): { told: string[]; machine: Machine | undefined } {
  const timing = timingOf(times);
  let machine: Machine | undefined;
  const told: string[] = [];
  const tell = (step: Step | null) => {
    if (step === null) return;
    machine = step.machine;
    for (const { to, startsAt, endsAt, passed, flapping } of step.transitions) {
      const interval = endsAt === null ? `${startsAt / 1000}` : `${startsAt / 1000}-${endsAt / 1000}`;
      told.push(`${to} ${interval}${passed ? ' passed' : ''}${flapping ? ' flapping' : ''}`);
    }
  };
  const marks = [...timeline.replaceAll(' ', '').matchAll(/([H.~t-])(\d*)/g)];
  marks.forEach(([, mark, at], index) => {
    const arrivalTime = index * 1_000;
    if (mark === 't' && machine !== undefined) tell(reduceTick(machine, arrivalTime, timing));
    const verdict = VERDICTS[mark!];
    if (verdict === undefined) return;
    const eventTime = at === '' ? arrivalTime : Number(at) * 1_000;
    tell(reduce(machine, { eventTime, arrivalTime, verdict }, timing));
  });
  return { told, machine };
}
