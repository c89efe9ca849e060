/** The life of an alert, drawn (see `timelines.ts`). */
import { outOfHours, reduce, remove } from '../../../functions/alert/core.js';
import { run, timingOf } from './timelines.js';

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
    expect(run(timeline, {}).told).toEqual(expected);
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
    expect(run(timeline, { for: 3 }).told).toEqual(expected);
  });
});

describe('keep_firing_for 3 s', () => {
  test.each([
    ['it comes and goes within that time: one alert', 'H.H..H..', ['firing 0']],
    ['it has not held for that long, by events', 'H....', ['firing 0', 'resolved 0-4']],
    ['… by a tick', 'H.ttt', ['firing 0', 'resolved 0-4']],
    ['… which comes a little early', 'H.tt', ['firing 0']],
    ['it held again, and the time begins anew', 'H..H...tt', ['firing 0', 'resolved 0-7']],
    ['a late event that held before it ceased', 'HH--.H2.-.', ['firing 0', 'resolved 0-7']],
    [
      'it ended by the event clock before it holds again',
      'H.------H',
      ['firing 0', 'resolved 0-4', 'firing 8'],
    ],
    ['it holds when the time is just over', 'H.--H', ['firing 0']],
    ['an event from within the time that was kept is old news', 'H....H1', ['firing 0', 'resolved 0-4']],
  ])('%s: %s', (_, timeline, expected) => {
    expect(run(timeline, { keep: 3 }).told).toEqual(expected);
  });
});

describe('hysteresis', () => {
  test.each([
    ['in between nothing begins', '~~~', {}, []],
    ['in between nothing ends', 'H~~~.', {}, ['firing 0', 'resolved 0-4']],
    ['in between a pending one goes on', 'H~~~', { for: 3 }, ['pending 0', 'firing 0']],
    ['in between what ceased stays so', 'H.~~~.', { keep: 4 }, ['firing 0', 'resolved 0-5']],
    [
      'in between after a gap: it was not cleared',
      'H-----~.',
      { noData: 4 },
      ['firing 0', 'nodata 0-0', 'firing 6', 'resolved 6-7'],
    ],
  ])('%s: %s', (_, timeline, times, expected) => {
    expect(run(timeline, times).told).toEqual(expected);
  });
});

describe('no data for 4 s', () => {
  const noData = 4;
  test.each([
    ['a firing one is missed once', 'HH-ttttttt', {}, ['firing 0', 'nodata 0-1']],
    ['events of any verdict are data', '-H.0--.0--.0', {}, ['firing 1']],
    [
      'data again, and it holds: fires anew',
      'Htttt-H.',
      {},
      ['firing 0', 'nodata 0-0', 'firing 6', 'resolved 6-7'],
    ],
    [
      'data again, and it does not: it ended with the data',
      'HHttttt-.',
      {},
      ['firing 0', 'nodata 0-1', 'resolved 0-1'],
    ],
    ['an event from before the gap does not end it', '--HHttttt.1', {}, ['firing 2', 'nodata 2-3']],
    ['a gap that no tick noticed', 'H---------H', {}, ['firing 0', 'nodata 0-0', 'firing 10']],
    [
      'a gap in a backlog that comes at once',
      'H0H1H9.10',
      {},
      ['firing 0', 'nodata 0-1', 'firing 9', 'resolved 9-10'],
    ],
    ['a pending one is forgotten', 'H--ttttttt', { for: 6 }, ['pending 0', 'cancelled 0-0']],
    [
      'what has held long enough fires before it is missed',
      'H---tttt',
      { for: 3 },
      ['pending 0', 'firing 0', 'nodata 0-0'],
    ],
    ['… also after a pause of the ticks', 'H-------t', { for: 3 }, ['pending 0', 'firing 0', 'nodata 0-0']],
    [
      'after a gap `for` begins anew',
      'HH------HHHHHHH',
      { for: 6 },
      ['pending 0', 'cancelled 0-1', 'pending 8', 'firing 8'],
    ],
    [
      'what fired fires at once after a gap',
      'HHHHttttt-H',
      { for: 3 },
      ['pending 0', 'firing 0', 'nodata 0-3', 'firing 10'],
    ],
    ['what ceased is known to have ceased', 'H.tttttt', { keep: 6 }, ['firing 0', 'resolved 0-7']],
  ])('%s: %s', (_, timeline, times, expected) => {
    expect(run(timeline, { ...times, noData }).told).toEqual(expected);
  });

  // 0 min        90 min
  // H            H        `for: 60m`, nothing in between
  test('a data gap while above the threshold is no-data, not a 90-minute alarm', () => {
    const timing = { forMs: 3_600_000, keepFiringMs: 0, noDataMs: 900_000 };
    const at = (minutes: number) => ({ eventTime: minutes * 60_000, arrivalTime: minutes * 60_000 + 5 });
    const pending = reduce(undefined, { ...at(0), verdict: 'holds' }, timing)!;
    const later = reduce(pending.machine, { ...at(90), verdict: 'holds' }, timing)!;
    expect(later.transitions).toMatchObject([{ to: 'cancelled', reason: 'no-data' }, { to: 'pending' }]);
    expect(later.machine).toMatchObject({ phase: 'pending', startsAt: 90 * 60_000 });
  });
});

describe('flapping', () => {
  test('the fifth firing within an hour says so, and so do those after it', () => {
    const { told } = run('H.H.H.H.H.H.', {});
    expect(told.filter((line) => line.startsWith('firing'))).toEqual([
      'firing 0',
      'firing 2',
      'firing 4',
      'firing 6',
      'firing 8 flapping',
      'firing 10 flapping',
    ]);
    expect(told.at(-1)).toBe('resolved 10-11 flapping');
  });

  test('an hour without a firing is calm', () => {
    const { told } = run('H.H.H.H.H.  H3500 .3501  H7101 .7102', {});
    expect(told.slice(-4)).toEqual([
      'firing 3500 flapping',
      'resolved 3500-3501 flapping',
      'firing 7101',
      'resolved 7101-7102',
    ]);
  });

  test('so is an alert that goes on for an hour', () => {
    expect(run('H.H.H.H.HH3000H3608.3609', {}).told.at(-1)).toBe('resolved 8-3609');
  });
});

describe('rules and their hours', () => {
  const timing = timingOf({});
  const firing = reduce(undefined, { eventTime: 5, arrivalTime: 6, verdict: 'holds' }, timing)!.machine;

  test('a rule that is no more resolves its alert and says why; a pending one is forgotten', () => {
    expect(remove(firing, 9)?.transitions).toMatchObject([
      { to: 'resolved', reason: 'rule-removed', startsAt: 5, endsAt: 9 },
    ]);
    const pending = reduce(
      undefined,
      { eventTime: 5, arrivalTime: 6, verdict: 'holds' },
      { ...timing, forMs: 9 },
    );
    expect(remove(pending!.machine, 9)?.transitions).toMatchObject([
      { to: 'cancelled', reason: 'rule-removed' },
    ]);
    expect(remove({ ...firing, phase: 'inactive' }, 9)).toBeNull();
  });

  test('out of its hours an alert resolves and says why, not by an event from before', () => {
    expect(outOfHours(firing, { eventTime: 4, arrivalTime: 9 })).toBeNull();
    expect(outOfHours(firing, { eventTime: 8, arrivalTime: 9 })?.transitions).toMatchObject([
      { to: 'resolved', reason: 'inactive-hours', endsAt: 8 },
    ]);
  });

  test('an alert whose data is missing ended with its data', () => {
    const nodata = { ...firing, phase: 'nodata' as const };
    expect(remove(nodata, 9)?.transitions).toMatchObject([{ endsAt: 5 }]);
    expect(outOfHours(nodata, { eventTime: 8, arrivalTime: 9 })?.transitions).toMatchObject([{ endsAt: 5 }]);
  });
});

describe('verdicts by time alone', () => {
  const timing = timingOf({ noData: 1_000 });
  const silentSince = { eventTime: 1_000, arrivalTime: 1_005 };
  const absent = { eventTime: 61_000, arrivalTime: 61_005, verdict: 'holds', silentSince } as const;

  test('begin an alert at the clock of the device, and count no data from its last event', () => {
    const step = reduce(undefined, absent, timing)!;
    expect(step.transitions).toMatchObject([{ to: 'firing', startsAt: 61_000 }]);
    expect(step.machine.heard).toEqual(silentSince);
  });

  // The clock of a silent device runs a little ahead of its next event, which was longer on its way.
  test('end one without making old news of the next event', () => {
    const firing = reduce(undefined, { ...silentSince, verdict: 'holds' }, timing)!.machine;
    const ended = reduce(firing, { ...absent, verdict: 'clears' }, timing)!;
    expect(ended.transitions).toMatchObject([{ to: 'resolved', endsAt: 61_000 }]);
    const next = reduce(ended.machine, { eventTime: 60_900, arrivalTime: 61_100, verdict: 'holds' }, timing);
    expect(next?.transitions).toMatchObject([{ to: 'firing', startsAt: 60_900, passed: false }]);
  });
});

test('what changes nothing gives null, so that nothing is written', () => {
  const timing = timingOf({});
  const sample = { eventTime: 5, arrivalTime: 5 };
  expect(reduce(undefined, { ...sample, verdict: 'clears' }, timing)).toBeNull();
  const fired = reduce(undefined, { ...sample, verdict: 'holds' }, timing)!;
  expect(reduce(fired.machine, { ...sample, verdict: 'holds' }, timing)).toBeNull();
});
