/** Each service to the cent, against arithmetic done here with the prices written out. */
import { chargesOf } from '../../../simulators/bill/charges.js';
import { costOfService } from '../../../simulators/bill/grid.js';
import type { LoadProfile } from '../../../simulators/bill/profile.js';
import { type CHOICES, MILLRACE, PROFILE, pricing, SETTINGS } from './loads.js';

const SECONDS = 730 * 3600;
const GIB = 2 ** 30;
const cents = (value: number) => Number(value.toFixed(2));

function lines(profile: LoadProfile, service: string, choices: Partial<typeof CHOICES> = {}) {
  const found = chargesOf(profile, pricing(choices)).services.find(({ name }) => name === service)!;
  return Object.fromEntries(found.lines.map(({ what, cost }) => [what, cents(cost)]));
}

describe('IoT Core', () => {
  // 20 events/s of 200 bytes + 32 of topic: one step of 5 KB each; 52,560,000 a month.
  test('connectivity, messages, rules and actions', () => {
    expect(lines(PROFILE, 'IoT Core')).toEqual({
      connectivity: cents(((100 * 730 * 60) / 1e6) * 0.08), // $0.35
      'messages of events': 52.56,
      'messages of connects': cents((100 * (730 / 24)) / 1e6), // 3,042 connects
      'messages of alerts and refusals': 0,
      'rules triggered': cents(52.56 * 0.15),
      'actions executed': cents(52.56 * 0.15),
    });
  });

  test('Basic Ingest leaves out the messages of events alone', () => {
    const { 'messages of events': _, ...others } = lines(PROFILE, 'IoT Core');
    expect(lines(PROFILE, 'IoT Core', { basicIngest: true })).toEqual(others);
  });

  test('a larger event is several messages; one of twenty decides by the 95th percentile', () => {
    const large = { ...PROFILE, payloadBytes: { mean: 6000, p95: 11_000 } };
    // ceil(6,032 / 5,120) = 2 for 95 %, ceil(11,032 / 5,120) = 3 for 5 %.
    const perEvent = 0.95 * 2 + 0.05 * 3;
    expect(lines(large, 'IoT Core')['messages of events']).toBe(cents(52.56 * perEvent));
  });

  test('messages get cheaper by tier: $1.00, $0.80 above a billion, $0.70 above five', () => {
    const many = { ...PROFILE, eventsPerSecond: { mean: 4000, peak: 4000 } };
    const millions = (4000 * SECONDS) / 1e6; // 10,512
    expect(lines(many, 'IoT Core')['messages of events']).toBe(
      cents(1000 * 1 + 4000 * 0.8 + (millions - 5000) * 0.7),
    );
  });

  test('an alert is three messages in and two out', () => {
    const alerts = { ...PROFILE, alertsPerSecond: 0.5 };
    expect(lines(alerts, 'IoT Core')['messages of alerts and refusals']).toBe(
      cents((0.5 * 5 * SECONDS) / 1e6),
    );
  });
});

describe('Kinesis', () => {
  test('provisioned: shard-hours and PUT units of 25 KB', () => {
    expect(lines(PROFILE, 'Kinesis')).toEqual({
      'telemetry: shards': cents(2 * 730 * 0.015), // $21.90
      'telemetry: PUT units': cents(52.56 * 0.014), // $0.74
    });
  });

  test('a week of retention, and enhanced fan-out', () => {
    const streams = [{ name: 'telemetry', partitions: 2, retentionHours: 168 }];
    const profile = { ...PROFILE, settings: { ...SETTINGS, streams } };
    const gb = (20 * SECONDS * (200 + 12)) / GIB;
    expect(lines(profile, 'Kinesis', { enhancedFanOut: true })).toMatchObject({
      'telemetry: retention beyond 24 h': cents(2 * 730 * 0.02),
      'telemetry: enhanced fan-out': cents(1 * 2 * 730 * 0.015),
      'telemetry: fan-out retrievals': cents(gb * 0.013),
    });
  });

  test('on demand: each record counts as 1 KB at least', () => {
    const gb = (20 * SECONDS * 1024) / GIB; // 50.1
    expect(lines(PROFILE, 'Kinesis', { kinesis: 'on-demand' })).toEqual({
      'telemetry: stream': 29.2,
      'telemetry: data in': cents(gb * 0.08),
      'telemetry: data out': cents(gb * 0.04),
    });
  });

  test('Advantage: 25 MB/s at least', () => {
    const least = (25 * 2 ** 20 * SECONDS) / GIB;
    const charges = lines(PROFILE, 'Kinesis', { kinesis: 'advantage' });
    expect(charges['telemetry: data in']! + charges['data in up to the least']!).toBeCloseTo(
      least * 0.032,
      1,
    );
  });

  test.each([
    ['records', { mean: 100, peak: 4000 }, 200, 5], // 4,000 / 1,000 / 0.8
    ['bytes', { mean: 100, peak: 500 }, 10_000, 6], // 500 x 10,012 B = 4.78 MB/s / 0.8
  ])('shards by the peak in %s', (_, eventsPerSecond, bytes, shards) => {
    const profile = { ...PROFILE, eventsPerSecond, payloadBytes: { mean: bytes, p95: bytes } };
    expect(chargesOf(profile, pricing()).traffic[0]!.shards).toBe(shards);
  });

  test('three polling functions share a shard’s 2 MB/s, with fan-out they do not', () => {
    const payloadBytes = { mean: 10_000, p95: 10_000 };
    const profile = {
      ...PROFILE,
      eventsPerSecond: { mean: 100, peak: 500 },
      payloadBytes,
      settings: MILLRACE,
    };
    const shards = (enhancedFanOut: boolean) =>
      chargesOf(profile, pricing({ enhancedFanOut })).traffic[0]!.shards;
    expect(shards(true)).toBe(6);
    expect(shards(false)).toBe(9); // 4.78 MB/s x 3 / 2 MB/s / 0.8 = 8.96
  });
});

describe('Lambda', () => {
  test('full batches: invocations, compute and INIT', () => {
    // 10 records/s in each of 2 lanes and batches of 100: one every 10 s in each lane.
    const invocations = 2 * 0.1 * SECONDS; // 525,600
    // 10 ms + 100 x (0.1 + 0.004) ms on a whole vCPU (1,769 MB), and half a millisecond of rounding.
    const seconds = (10 + 100 * 0.104) / 1000 + 0.0005;
    const gb = 1769 / 1024;
    // One environment, ended every two hours.
    const starts = 365;
    expect(lines(PROFILE, 'Lambda')).toEqual({
      invocations: cents(0.5256 * 0.2), // $0.11
      'compute, arm64': cents(invocations * seconds * gb * 0.0000133334), // $0.25
      'INIT of environments': cents(starts * 0.375 * gb * 0.0000133334),
    });
  });

  test('x86 costs a quarter more', () => {
    const arm = lines(PROFILE, 'Lambda')['compute, arm64']!;
    const x86 = lines(PROFILE, 'Lambda', { architecture: 'x86_64' })['compute, x86_64']!;
    expect(x86 / arm).toBeCloseTo(1.25, 1);
  });

  test('less memory makes a function slower in proportion, more memory no faster', () => {
    const duration = (memoryMB: number) => {
      const functions = SETTINGS.functions.map((fn) => ({ ...fn, memoryMB }));
      return chargesOf({ ...PROFILE, settings: { ...SETTINGS, functions } }, pricing()).functions[0]!.seconds;
    };
    expect(duration(1769 / 4) - 0.0005).toBeCloseTo(4 * (duration(1769) - 0.0005), 9);
    expect(duration(3538)).toBe(duration(1769));
  });

  test('scheduled runs and requests are invocations, too', () => {
    const profile = { ...PROFILE, apiRequestsPerSecond: 2, settings: MILLRACE };
    const byName = new Map(
      chargesOf(profile, pricing()).functions.map(({ name, invocations }) => [name, invocations]),
    );
    expect(byName.get('rollup')).toBe(43_800);
    expect(byName.get('query')).toBe(2 * SECONDS);
  });
});

describe('DynamoDB', () => {
  test('a function that is not Millrace’s stores nothing that is known', () => {
    expect(lines(PROFILE, 'DynamoDB')).toMatchObject({ writes: 0, reads: 0 });
  });

  test('validate writes its tally by batch and a latest row by device', () => {
    const functions = [{ ...SETTINGS.functions[0]!, name: 'validate' }];
    const profile = { ...PROFILE, settings: { ...SETTINGS, functions } };
    // Batches of 100 records of 50 devices a lane: 1 + 50 rows of less than 1 KB, read anew one time in ten.
    const invocations = 2 * 0.1 * SECONDS;
    expect(lines(profile, 'DynamoDB')).toMatchObject({
      writes: cents(((invocations * 51) / 1e6) * 0.625), // $16.75
      reads: cents(((invocations * 5.1) / 1e6) * 0.125),
    });
  });

  test('rows are kept as long as retention says', () => {
    const day = 86_400;
    // A device sends every 5 s, so each has a window every 10 s.
    const windows = 100 * (7 * (day / 10) + 30 * (day / 60) + 365 * 24 + 3650);
    const bytes = 100 * (2 * 500 + 200) + windows * 800;
    expect(lines(PROFILE, 'DynamoDB').storage).toBe(cents((bytes / GIB) * 0.25));
  });
});

test('HTTP API, logs and transfer', () => {
  const profile = { ...PROFILE, apiRequestsPerSecond: 200 };
  const millions = (200 * SECONDS) / 1e6; // 525.6
  expect(lines(profile, 'HTTP API').requests).toBe(cents(300 + (millions - 300) * 0.9));
  expect(lines(profile, 'Data transfer')['answers and alerts']).toBe(
    cents(((200 * SECONDS * 4096) / GIB) * 0.09),
  );
  const logged = (2 * 0.1 * SECONDS * 350) / GIB;
  expect(lines(profile, 'CloudWatch Logs')).toEqual({
    'data in': cents(logged * 0.5),
    'data kept': cents(logged * ((30 * 24) / 730) * 0.03),
  });
});

test('the free tier is taken off once, whatever number of lines has a price', () => {
  const profile = { ...PROFILE, settings: MILLRACE };
  const [full, free] = [chargesOf(profile, pricing()), chargesOf(profile, pricing({ freeTier: true }))];
  const saved = (name: string) => costOfService(full, name) - costOfService(free, name);
  // 2.25 M minutes, 0.5 M messages, 0.25 M rules and actions.
  expect(saved('IoT Core')).toBeCloseTo(2.25 * 0.08 + 0.5 + 2 * 0.25 * 0.15, 6);
  expect(saved('Lambda')).toBeCloseTo(0.2 + Math.min(400_000, gbSeconds(full)) * 0.0000133334, 6);
  expect(saved('Kinesis')).toBe(0);
});

function gbSeconds({ functions }: ReturnType<typeof chargesOf>): number {
  return functions.reduce((sum, fn) => sum + fn.gbSeconds + fn.initGbSeconds, 0);
}
