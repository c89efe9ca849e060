/** Batches of one lane, against figures by hand and against a simulation record by record. */
import fc from 'fast-check';
import { batchesOf, type Lane } from '../../../simulators/bill/batches.js';
import { Random } from '../../../simulators/random.js';

const lane = (change: Partial<Lane> = {}): Lane => ({
  rate: 50,
  batchSize: 1000,
  fitting: 9000,
  window: 1,
  duration: (records) => 0.01 + records * 0.0001,
  ...change,
});

describe('a batch closes', () => {
  test('at the end of its window; records go on coming during the invocation', () => {
    // T = 1 + 0.01 + 0.0001 x 50 T  =>  T = 1.01 / 0.995
    const { closes, cycleSeconds, records, perSecond } = batchesOf(lane());
    expect(closes).toBe('window');
    expect(cycleSeconds).toBeCloseTo(1.01 / 0.995, 6);
    expect(records).toBeCloseTo((50 * 1.01) / 0.995, 4);
    expect(perSecond).toBeCloseTo(0.995 / 1.01, 6);
  });

  test('when it is full: as often as so many records come', () => {
    expect(batchesOf(lane({ batchSize: 10 }))).toMatchObject({ closes: 'size', perSecond: 5, records: 10 });
  });

  test('at 6 MB', () => {
    expect(batchesOf(lane({ fitting: 20 }))).toMatchObject({ closes: 'bytes', perSecond: 2.5, records: 20 });
  });
});

test('few records: each has an invocation of its own', () => {
  const { perSecond, records } = batchesOf(lane({ rate: 0.001 }));
  expect(perSecond).toBeCloseTo(0.001, 5);
  expect(records).toBeCloseTo(1, 2);
});

test('no records, no invocations', () => {
  expect(batchesOf(lane({ rate: 0 }))).toMatchObject({ perSecond: 0, records: 0, behind: false });
});

test('a function that is slower than its records come falls behind, and invokes without a pause', () => {
  const { behind, perSecond, records, latency } = batchesOf(lane({ rate: 1000, duration: () => 2 }));
  expect({ behind, perSecond, records }).toEqual({ behind: true, perSecond: 0.5, records: 1000 });
  expect(latency.worst).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  { rate: 0.3, window: 1 },
  { rate: 3, window: 1 },
  { rate: 200, window: 2 },
  { rate: 900, window: 5, batchSize: 500 },
])('as a simulation with random arrivals makes them: %o', (change) => {
  const own = lane(change);
  const expected = batchesOf(own);
  const { perSecond, records } = simulated(own, 4000);
  expect(perSecond / expected.perSecond).toBeCloseTo(1, 1);
  expect(records / expected.records).toBeCloseTo(1, 1);
});

test('every record is in a batch, and none is in two', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 5000, noNaN: true }),
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0.07, max: 300, noNaN: true }),
      fc.double({ min: 0, max: 0.1, noNaN: true }),
      fc.double({ min: 0, max: 0.001, noNaN: true }),
      (rate, batchSize, window, fixed, each) => {
        const batches = batchesOf(
          lane({ rate, batchSize, window, duration: (records) => fixed + each * records }),
        );
        const processed = batches.perSecond * batches.records;
        if (batches.behind) expect(processed).toBeLessThan(rate);
        else expect(processed / rate).toBeCloseTo(1, 5);
        expect(batches.records).toBeLessThanOrEqual(Math.max(batchSize, 1) * 1.6);
        expect(batches.latency.worst).toBeGreaterThanOrEqual(batches.latency.mean);
      },
    ),
  );
});

/** One lane for so many seconds: Poisson arrivals, the window from the end of the invocation before. */
function simulated({ rate, batchSize, fitting, window, duration }: Lane, seconds: number) {
  const random = Random.named(7, 'lane');
  const most = Math.min(batchSize, fitting);
  let arrival = 0;
  const next = () => {
    arrival += -Math.log(1 - random.unit()) / rate;
  };
  next();
  let [free, batches, records] = [0, 0, 0];
  while (free < seconds) {
    const end = free + window;
    let count = 0;
    let closed = end;
    while (arrival <= end && count < most) {
      count++;
      if (count === most) closed = Math.max(free, arrival);
      next();
    }
    if (count > 0) {
      batches++;
      records += count;
    }
    free = count === 0 ? end : closed + duration(count);
  }
  return { perSecond: batches / free, records: records / batches };
}
