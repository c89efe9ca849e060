/**
 * The life of an alert, drawn. Each character is one second of event time, in the order of the stream:
 * `H` an event for which the condition holds, `.` one for which it does not, `-` no event, `t` a tick. A digit after
 * an event sets its event time (in seconds) instead of its place: an event that comes late. Events arrive at their
 * place, at the pace of the drawing.
 */
import { type Machine, reduce, reduceTick, type Transition } from '../../../functions/alert/core.js';

function run(timeline: string, forSeconds: number): { told: string[]; machine: Machine | undefined } {
  let machine: Machine | undefined;
  const told: string[] = [];
  const tell = (step: { machine: Machine; transitions: readonly Transition[] } | null) => {
    if (step === null) return;
    machine = step.machine;
    for (const { to, startsAt, endsAt, passed } of step.transitions) {
      const interval = endsAt === null ? `${startsAt / 1000}` : `${startsAt / 1000}-${endsAt / 1000}`;
      told.push(`${to} ${interval}${passed ? ' passed' : ''}`);
    }
  };
  const marks = [...timeline.matchAll(/([H.t-])(\d*)/g)];
  marks.forEach(([, mark, at], index) => {
    const arrivalTime = index * 1000;
    if (mark === 't' && machine !== undefined) tell(reduceTick(machine, arrivalTime, forSeconds * 1000));
    if (mark !== 'H' && mark !== '.') return;
    const eventTime = at === '' ? arrivalTime : Number(at) * 1000;
    tell(reduce(machine, { eventTime, arrivalTime, holds: mark === 'H' }, forSeconds * 1000));
  });
  return { told, machine };
}

describe('without for', () => {
  test.each([
    ['an ordinary device', '......', []],
    ['a breach', '..HHH..', ['firing 2', 'resolved 2-5']],
    ['two breaches', '.H.-HH.', ['firing 1', 'resolved 1-2', 'firing 4', 'resolved 4-6']],
    ['a breach that goes on', '.HHHH', ['firing 1']],
    ['a late event does not resolve what held after it', 'HHHH.2', ['firing 0']],
    ['a late event that holds does not move the start', '--HH0.', ['firing 2', 'resolved 2-4']],
    ['an event at the very time that held last resolves', 'HH.1', ['firing 0', 'resolved 0-1']],
    ['the same event again after its alert ended', '.H.H1.', ['firing 1', 'resolved 1-2']],
    ['an event from within the ended alert', '.H--.H3', ['firing 1', 'resolved 1-4']],
    [
      'an event from before the ended alert is told, and is over',
      '--H.H1H',
      ['firing 2', 'resolved 2-3', 'firing 1 passed', 'resolved 1-1 passed', 'firing 5'],
    ],
    [
      'an event at the very end of the ended alert is one of its own',
      '-H-.H3',
      ['firing 1', 'resolved 1-3', 'firing 3 passed', 'resolved 3-3 passed'],
    ],
    ['ticks change nothing', 'ttHtttt', ['firing 2']],
  ])('%s: %s', (_, timeline, expected) => {
    expect(run(timeline, 0).told).toEqual(expected);
  });
});

describe('for 3 s', () => {
  test.each([
    ['held long enough, by events', 'HHHH.', ['pending 0', 'firing 0', 'resolved 0-4']],
    ['held long enough, by two events', 'H---H', ['pending 0', 'firing 0']],
    ['held long enough, by a tick', 'H-tt', ['pending 0', 'firing 0']],
    ['not long enough, by a tick', 'Htt', ['pending 0']],
    ['not long enough', 'HHH.HH.', ['pending 0', 'cancelled 0-3', 'pending 4', 'cancelled 4-6']],
    ['a late event from before does not cancel', '--H.1-H', ['pending 2', 'firing 2']],
    ['ticks count from the arrival, not the event time', '-----H0tt', ['pending 0']],
    ['… and fire when that long has passed', '-----H0ttt', ['pending 0', 'firing 0']],
    ['fired by a tick, resolved by an event', 'H--t.', ['pending 0', 'firing 0', 'resolved 0-4']],
    ['a single event of old shows no alert', 'HHHH.H2', ['pending 0', 'firing 0', 'resolved 0-4']],
  ])('%s: %s', (_, timeline, expected) => {
    expect(run(timeline, 3).told).toEqual(expected);
  });
});

test('what changes nothing gives null, so that nothing is written', () => {
  expect(reduce(undefined, { eventTime: 5, arrivalTime: 5, holds: false }, 0)).toBeNull();
  const fired = reduce(undefined, { eventTime: 5, arrivalTime: 5, holds: true }, 0)!;
  expect(reduce(fired.machine, { eventTime: 5, arrivalTime: 6, holds: true }, 0)).toBeNull();
  expect(reduce(fired.machine, { eventTime: 4, arrivalTime: 6, holds: false }, 0)).toBeNull();
});
