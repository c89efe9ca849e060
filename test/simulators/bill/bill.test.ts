/** What holds of every bill, what other settings make of one, and where a load meets quotas. */
import fc from 'fast-check';
import { type Bill, makeBill } from '../../../simulators/bill/bill.js';
import { chargesOf } from '../../../simulators/bill/charges.js';
import { cellOf, costOfService } from '../../../simulators/bill/grid.js';
import { type LoadProfile, scaled } from '../../../simulators/bill/profile.js';
import { billSection } from '../../../simulators/bill/section.js';
import { billText } from '../../../simulators/bill/table.js';
import { type CHOICES, MILLRACE, PROFILE, pricing } from './loads.js';

const LOAD: LoadProfile = { ...PROFILE, alertsPerSecond: 0.01, apiRequestsPerSecond: 1, settings: MILLRACE };
const bill = (profile = LOAD, choices: Partial<typeof CHOICES> = {}): Bill =>
  makeBill(profile, pricing(choices));

const choices = fc.record({
  architecture: fc.constantFrom('arm64' as const, 'x86_64' as const),
  kinesis: fc.constantFrom('provisioned' as const, 'on-demand' as const, 'advantage' as const),
  enhancedFanOut: fc.boolean(),
  basicIngest: fc.boolean(),
  freeTier: fc.boolean(),
});
const loads = fc
  .record({
    devices: fc.integer({ min: 1, max: 100_000 }),
    interval: fc.double({ min: 0.5, max: 3600, noNaN: true }),
    peak: fc.double({ min: 1, max: 10, noNaN: true }),
    bytes: fc.integer({ min: 1, max: 100_000 }),
    refusedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ devices, interval, peak, bytes, refusedShare }): LoadProfile => {
    const mean = devices / interval;
    return {
      ...LOAD,
      devices,
      connections: devices,
      eventsPerSecond: { mean, peak: mean * peak },
      alertsPerSecond: mean / 1000,
      payloadBytes: { mean: bytes, p95: 2 * bytes },
      refusedShare,
    };
  });

describe('every bill', () => {
  test('has no negative line, and adds up', () => {
    fc.assert(
      fc.property(loads, choices, (profile, chosen) => {
        const { services, total } = chargesOf(profile, pricing(chosen));
        const lines = services.flatMap((service) => service.lines);
        for (const { cost, quantity } of lines) {
          expect(cost).toBeGreaterThanOrEqual(0);
          expect(quantity).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(cost)).toBe(true);
        }
        expect(lines.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(total, 6);
      }),
    );
  });

  test('does not become smaller with more devices', () => {
    fc.assert(
      fc.property(loads, choices, fc.double({ min: 1, max: 20, noNaN: true }), (profile, chosen, factor) => {
        const more = scaled(profile, profile.devices * factor);
        const [before, after] = [chargesOf(profile, pricing(chosen)), chargesOf(more, pricing(chosen))];
        expect(after.total).toBeGreaterThanOrEqual(before.total * (1 - 1e-9));
      }),
      { numRuns: 150 },
    );
  });

  test('is not dearer with the free tier or Basic Ingest', () => {
    fc.assert(
      fc.property(loads, choices, (profile, chosen) => {
        const of = (change: Partial<typeof CHOICES>) =>
          chargesOf(profile, pricing({ ...chosen, ...change })).total;
        expect(of({ freeTier: true })).toBeLessThanOrEqual(of({ freeTier: false }) * (1 + 1e-9));
        expect(of({ basicIngest: true })).toBeLessThanOrEqual(of({ basicIngest: false }) * (1 + 1e-9));
      }),
    );
  });
});

describe('the grid of batch settings', () => {
  const { grid, total, services } = bill();

  test('has the bill itself at the settings that it was made with', () => {
    const now = grid.cells.find(
      (cell) =>
        cell.batchSize === 10_000 && cell.batchWindowSeconds === 1 && cell.parallelizationFactor === 1,
    )!;
    expect(now.total).toBeCloseTo(total.month, 9);
    expect(now.lambda).toBeCloseTo(costOfService({ services }, 'Lambda'), 9);
    expect(now.dynamo).toBeCloseTo(costOfService({ services }, 'DynamoDB'), 9);
  });

  test('leaves out what AWS refuses: more than ten records without a window', () => {
    const without = grid.cells.filter(({ batchWindowSeconds }) => batchWindowSeconds === 0);
    expect(new Set(without.map(({ batchSize }) => batchSize))).toEqual(new Set([10]));
  });

  test('the cheapest is in time, and nothing in time is cheaper', () => {
    const inTime = grid.cells.filter(
      ({ worstSeconds, behind }) => !behind && worstSeconds <= grid.maxSeconds,
    );
    expect(inTime).toContain(grid.cheapest);
    expect(Math.min(...inTime.map((cell) => cell.total))).toBe(grid.cheapest!.total);
  });

  test('a longer window means no more invocations', () => {
    const at = (batchWindowSeconds: number) =>
      cellOf(LOAD, pricing(), grid.functions, {
        batchSize: 10_000,
        batchWindowSeconds,
        parallelizationFactor: 1,
      });
    expect(at(10).invocations).toBeLessThan(at(1).invocations / 5);
    expect(at(10).worstSeconds).toBeGreaterThan(10);
    expect(makeBill(LOAD, pricing(), 0.001).grid.cheapest).toBeNull();
  });
});

test('alternatives save what they say', () => {
  const { alternatives, total } = bill();
  const basic = alternatives.find(({ what }) => what.includes('Basic Ingest'))!;
  expect(total.month - basic.saves).toBeCloseTo(bill(LOAD, { basicIngest: true }).total.month, 9);
  expect(alternatives.map(({ saves }) => saves)).toEqual(
    alternatives.map(({ saves }) => saves).sort((a, b) => b - a),
  );
});

test('at its break-even both Kinesis modes cost the same, but for a step of one shard', () => {
  const { breakEven } = bill();
  expect(breakEven.changes.length).toBeGreaterThan(0);
  const { rate } = breakEven.changes[0]!;
  const load = { ...LOAD, eventsPerSecond: { mean: rate, peak: 2 * rate }, alertsPerSecond: rate / 2000 };
  const cost = (kinesis: 'provisioned' | 'on-demand') =>
    costOfService(chargesOf(load, pricing({ kinesis })), 'Kinesis');
  expect(Math.abs(cost('provisioned') - cost('on-demand'))).toBeLessThan(730 * (0.015 + 0.02));
});

describe('a million devices', () => {
  const large = bill(scaled({ ...LOAD, eventsPerSecond: { mean: 10, peak: 20 } }, 1_000_000));

  test('events are linear, shards come in steps, quotas are named', () => {
    expect(large.profile.eventsPerSecond.mean).toBe(100_000);
    expect(large.traffic[0]!.shards).toBe(250); // 200,000 records/s / 1,000 / 0.8
    const exceeded = large.quotas.filter((use) => use.exceeded).map(({ quota }) => quota.id);
    expect(exceeded).toEqual(
      expect.arrayContaining(['iot.publish', 'iot.connections', 'dynamodb.tableWrite']),
    );
    expect(large.warnings.map(({ what }) => what).join('\n')).toMatch(/250 shards[\s\S]*rollup would take/);
  });

  test('more lanes than concurrent executions are a quota, too', () => {
    const functions = MILLRACE.functions.map((fn) => ({
      ...fn,
      streams: fn.streams.map((trigger) => ({ ...trigger, parallelizationFactor: 10 })),
    }));
    const { quotas } = bill({ ...large.profile, settings: { ...MILLRACE, functions } });
    expect(quotas.find(({ quota }) => quota.id === 'lambda.concurrency')).toMatchObject({ exceeded: true });
  });

  test('Kafka: partitions by the consumers, brokers by network and disk, storage by retention', () => {
    const times = { validate: { msPerInvocation: 0, msPerRecord: 0.05 } };
    const { kafka } = bill({ ...large.profile, times });
    // 200,000 records/s / (20,000/s x 60 %) = 16.7
    expect(kafka.partitions.value).toBe(17);
    // 232 bytes: 44.3 MB/s at the peak; out: two replicas and three functions, 221 MB/s / 70.2 MB/s.
    expect(kafka.brokers.value).toBe(4);
    expect(kafka.storage.value).toBeCloseTo((100_000 * 232 * 168 * 3600 * 3) / 0.7 / 2 ** 30, 3);
    expect(kafka.serverless.lines[0]!.cost).toBeCloseTo(547.5, 6);
  });
});

describe('told', () => {
  test('on a terminal: the total first, then services, changes, notes', () => {
    const text = billText(bill());
    expect(text).toMatch(/^\$[\d,.]+ a month on AWS \(us-east-1, prices of 20/);
    for (const part of ['IoT Core', 'FUNCTION', 'What to change first', 'Other batch settings', 'Kafka'])
      expect(text).toContain(part);
    expect(billText(bill(), true)).toContain(
      '2 shards (declared) x 730 h = 1,460 shard-hours x $0.015 = $21.90',
    );
  });

  test('as a fragment without anything outside of it', () => {
    const fragment = billSection(bill());
    expect(fragment).toMatch(/^<section class="bill"/);
    expect(fragment.match(/<svg /g)).toHaveLength(2);
    expect(fragment).not.toMatch(/<script|src=|href=|@import|url\(|NaN|undefined|Infinity/);
  });

  test('names from elsewhere are no markup', () => {
    const functions = MILLRACE.functions.map((fn) => ({ ...fn, name: `<b>${fn.name}` }));
    expect(billSection(bill({ ...LOAD, settings: { ...MILLRACE, functions } }))).not.toContain('<b>validate');
  });
});
