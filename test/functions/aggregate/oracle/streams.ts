/**
 * Streams for the oracle: what devices do when they are not right. Late, again, ahead and behind, silent, counting anew,
 * losing numbers; over two partitions, on days on which clocks change. All values are eighths, so that sums are exact.
 */
import fc from 'fast-check';
import { type TestRecord, tick } from '../../../support/batches.js';

/** Records by partition; offsets are indices. */
export type Streams = readonly (readonly TestRecord[])[];

export interface Timeline {
  readonly streams: Streams;
  /** Of the calendar that suits it. */
  readonly timeZone: string;
  readonly weekStartsOn: 'monday' | 'sunday';
}

export interface DeviceProfile {
  readonly id: string;
  readonly partition: number;
  readonly type: 'environment' | 'room';
  /** What tells its events apart. */
  readonly names: 'seq' | 'eventId' | 'nothing';
  /** How far its clock is ahead, ms. */
  readonly skew: number;
  /** Tag that the id gives it. */
  readonly site: string;
}

const device = (id: string, partition: number, more: Partial<DeviceProfile> = {}): DeviceProfile => ({
  id,
  partition,
  type: 'environment',
  names: 'seq',
  skew: 0,
  site: '',
  ...more,
});

export const DEVICES: readonly DeviceProfile[] = [
  device('plain', 0),
  device('ahead', 0, { skew: 90_000 }),
  device('behind', 1, { skew: -600_000 }),
  device('ids', 0, { names: 'eventId' }),
  device('nameless', 1, { names: 'nothing' }),
  device('room@north', 1, { type: 'room', site: 'north' }),
];
export const DEVICE_TAGS = { byDevice: { '*@{site}': {} }, fromEvent: ['site'] };
export const MAX_FUTURE = 3_600_000;

const SITES = ['north', 'south', 'a,b=c%'];

/**
 * Where streams begin, and the zone of their calendar: a minute before a day on which clocks go forward or back, by an
 * hour or half of one; whose midnight is skipped, comes twice, or lies within an hour of UTC; or which is the year's first.
 */
const BEGINNINGS = [
  ['2026-03-28T22:59:00Z', 'Europe/Berlin'],
  ['2026-10-24T21:59:00Z', 'Europe/Berlin'],
  ['2026-10-03T13:29:00Z', 'Australia/Lord_Howe'],
  ['2026-04-04T12:59:00Z', 'Australia/Lord_Howe'],
  ['2026-11-01T03:59:00Z', 'America/Havana'],
  ['2026-09-06T03:59:00Z', 'America/Santiago'],
  ['2026-06-14T18:29:00Z', 'Asia/Kolkata'],
  ['2027-01-01T04:59:00Z', 'America/New_York'],
] as const;

/** How many ms a generated one stands for: events every second, every half minute, or some an hour. */
const PACES = [1, 1, 1, 20, 600];

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      step: fc.constant('event' as const),
      // Most events are of one device, so that its windows hold several.
      device: fc.nat(DEVICES.length + 5),
      lag: fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 12_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 30_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: -25_000, max: 0 }) },
      ),
      temperature: fc.integer({ min: -8_000, max: 8_000 }),
      energy: fc.integer({ min: 0, max: 800 }),
      ok: fc.constantFrom(true, false, undefined),
      mode: fc.constantFrom('idle', 'heating', 'cooling', 'constructor', undefined),
      site: fc.nat(6),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('again' as const), back: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('tick' as const) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('refused' as const), how: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant('restart' as const), device: fc.nat(DEVICES.length - 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('skip' as const),
      device: fc.nat(DEVICES.length - 1),
      by: fc.constantFrom(1, 2, 40, 300),
    }),
  },
);
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
  { weight: 1, arbitrary: fc.constant(40_000) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Plan {
  readonly begin: readonly [string, string];
  readonly weekStartsOn: 'monday' | 'sunday';
  readonly pace: number;
  /** The device that most events are of. */
  readonly main: number;
  /** Times are multiples of it, ms: they fall on the edges of windows, and on one another. */
  readonly grain: number;
  readonly steps: readonly (readonly [number, Step])[];
  /** Ticks after the last event, ms. */
  readonly after: readonly number[];
}

export function anyTimeline(maxLength = 110): fc.Arbitrary<Timeline> {
  return fc
    .record({
      begin: fc.constantFrom(...BEGINNINGS),
      weekStartsOn: fc.constantFrom('monday' as const, 'sunday' as const),
      pace: fc.constantFrom(...PACES),
      main: fc.nat(DEVICES.length - 1),
      grain: fc.constantFrom(1, 1_000, 5_000),
      steps: fc.array(fc.tuple(gap, step), { minLength: 1, maxLength, size: 'max' }),
      after: fc.constantFrom([], [9_000], [30_000, 90_000], [1_000, 7_200_000]),
    })
    .map((plan) => ({
      streams: streamsOf(plan),
      timeZone: plan.begin[1],
      weekStartsOn: plan.weekStartsOn,
    }));
}

function streamsOf({ begin, pace, main, grain, steps, after }: Plan): Streams {
  const ms = (time: number) => Math.round((time * pace) / grain) * grain;
  const streams: [TestRecord[], TestRecord[]] = [[], []];
  const ticked = (now: number) => {
    for (const stream of streams) stream.push(tick(now));
  };
  const named: [TestRecord, TestRecord[]][] = [];
  const next = DEVICES.map(() => 0);
  let ids = 0;
  let now = Date.parse(begin[0]);
  for (const [wait, what] of steps) {
    now += ms(wait);
    if (what.step === 'tick') ticked(now);
    else if (what.step === 'restart') next[what.device] = 0;
    else if (what.step === 'skip') next[what.device]! += what.by;
    else if (what.step === 'again') {
      const [record, stream] = named.at(-1 - what.back) ?? [];
      if (record !== undefined) stream!.push({ ...record, arrivalTime: now });
    } else if (what.step === 'refused') {
      const payload = [
        '{"ts":',
        { ts: now + MAX_FUTURE + 1, temperature: 1, humidity: 1, battery: 1 },
        { ts: now },
      ];
      streams[0].push({ arrivalTime: now, key: 'plain', payload: payload[what.how] });
    } else {
      const device = what.device < DEVICES.length ? what.device : main;
      const { id, partition, type, names, skew } = DEVICES[device]!;
      const { temperature, energy, ok, mode, site } = what;
      const payload = {
        ts: now + skew - ms(what.lag),
        ...(names === 'seq' && { seq: next[device]!++ }),
        ...(names === 'eventId' && { eventId: `e${ids++}` }),
        temperature: temperature / 8,
        humidity: 40,
        ...(type === 'room' ? { deviceType: type, co2: energy } : { battery: 3.5, energy: energy / 8 }),
        // Undefined members are not in the JSON.
        ok,
        mode,
        site: SITES[site],
      };
      const record = { arrivalTime: now, key: id, payload };
      const stream = streams[partition]!;
      stream.push(record);
      if (names !== 'nothing') named.push([record, stream]);
    }
  }
  for (const wait of after) ticked(now + wait * Math.min(pace, 60));
  return streams;
}
