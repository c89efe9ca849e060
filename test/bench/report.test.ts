import { DRIVER_DEFAULTS, type DriverResult } from '../../bench/driver/config.js';
import type { BooksCheck, Phase } from '../../bench/measure.js';
import { aimsOf, type BenchResult, rssGrowth, table, textOf } from '../../bench/report.js';
import type { Latency } from '../../simulators/drivers/latency.js';

const latency = (p99: number): Latency => ({ count: 1, p50: 1, p90: 1, p99, p999: p99, max: p99 });
const BOOKS: BooksCheck = {
  acknowledgedLost: 0,
  validated: 995,
  quarantined: 5,
  quarantineMissing: 0,
  duplicate: 0,
  late: 0,
  balanced: true,
  catchUpSeconds: 0.1,
  caughtUp: true,
};

interface Figures {
  readonly rate: number;
  readonly cpu: number;
  readonly alertP99?: number;
  readonly rss?: readonly number[];
}

function phase({ rate, cpu, alertP99 = 5, rss = [100] }: Figures, books: BooksCheck | null = BOOKS): Phase {
  const alerts = {
    expected: 10,
    received: 10,
    missing: 0,
    duplicate: 0,
    unexpected: 0,
    resolved: 10,
    latencyMs: latency(alertP99),
    latencyFromSendMs: latency(alertP99),
    missingExamples: [],
  };
  const driver: DriverResult = {
    config: DRIVER_DEFAULTS,
    sent: 1000,
    acknowledged: 1000,
    unacknowledged: 0,
    hot: 10,
    malformed: 5,
    unsent: 0,
    sentLate: 0,
    measured: { seconds: 1, acknowledged: rate, eventsPerSecond: rate },
    sendLagMs: latency(1),
    ackLatencyMs: latency(2),
    ackLatencyFromSendMs: latency(2),
    alerts: books === null ? null : alerts,
    driverCpuSeconds: 1,
    driverCpuSecondsPerMillion: 1,
    server: {
      cpuSeconds: 1,
      cpuSecondsPerMillion: cpu,
      peakRssBytes: Math.max(...rss),
      rss: rss.map((bytes, second) => ({ second, bytes })),
    },
    drainSeconds: 0,
    errors: [],
  };
  return { driver, books, cpuSecondsPerMillionOverall: cpu };
}

const BASE: Omit<BenchResult, 'aims'> = {
  what: 'quick',
  startedAt: '2026-01-01T00:00:00.000Z',
  seconds: 60,
  commit: 'abc',
  machine: { cpu: 'x', cores: 2, memoryBytes: 1, node: 'v20', kernel: '6', dataFolder: '/tmp' },
};
const short = (result: Omit<BenchResult, 'aims'>) =>
  aimsOf(result)
    .filter(({ ok }) => !ok)
    .map(({ what }) => what);

describe('aims', () => {
  test('a run that reaches all of them', () => {
    const closed = {
      whole: phase({ rate: 80_000, cpu: 15 }),
      broker: phase({ rate: 150_000, cpu: 5 }, null),
    };
    const open = {
      2000: { whole: phase({ rate: 2000, cpu: 60 }), broker: phase({ rate: 2000, cpu: 30 }, null) },
      20000: {
        whole: phase({ rate: 20_000, cpu: 20, alertP99: 9 }),
        broker: phase({ rate: 20_000, cpu: 10 }, null),
      },
    };
    expect(short({ ...BASE, closed, open, overload: phase({ rate: 80_000, cpu: 15 }) })).toEqual([]);
  });

  test('each of them can be missed', () => {
    const closed = {
      whole: phase({ rate: 60_000, cpu: 17 }),
      broker: phase({ rate: 150_000, cpu: 5 }, null),
    };
    const open = {
      5000: {
        whole: phase({ rate: 5000, cpu: 70, alertP99: 8.1 }),
        broker: phase({ rate: 5000, cpu: 30 }, null),
      },
      20000: {
        whole: phase({ rate: 20_000, cpu: 20, alertP99: 10.1 }),
        broker: phase({ rate: 20_000, cpu: 10 }, null),
      },
    };
    const overload = phase({ rate: 80_000, cpu: 15, alertP99: 1001, rss: [200] });
    expect(short({ ...BASE, closed, open, overload })).toHaveLength(8);
  });

  test('whatever is lost, is told', () => {
    const bad = { ...BOOKS, acknowledgedLost: 1, quarantineMissing: -1, balanced: false };
    expect(short({ ...BASE, soak: phase({ rate: 5000, cpu: 15 }, bad) })).toHaveLength(3);
  });

  test('growth compares the ends of the interval, not two single samples', () => {
    const rss = [100, 100, ...Array.from({ length: 16 }, () => 150), 105, 105];
    expect(rssGrowth(phase({ rate: 1, cpu: 1, rss }))).toBeCloseTo(0.05);
  });
});

describe('text', () => {
  test('columns line up', () => {
    expect(
      table([
        ['a', 'bb'],
        ['long', '1'],
      ]),
    ).toBe('a     bb\n----  --\nlong   1');
  });

  test('a result says what fell short', () => {
    const soak = phase({ rate: 5000, cpu: 15, rss: [100, 200] });
    const measured = { ...BASE, soak };
    expect(textOf({ ...measured, aims: aimsOf(measured) })).toMatch(
      /soak: growth of memory, %.*100\.0.*SHORT/,
    );
  });
});
