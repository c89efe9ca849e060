/** From a run's result, metrics and flags to the load that is priced. */
import { billFromFlags, billOf } from '../../../simulators/bill/from-result.js';
import { timesFrom } from '../../../simulators/bill/metrics.js';
import type { RunResult, Sample } from '../../../simulators/result.js';
import { MILLRACE } from './loads.js';

/** 50 devices at speed 10: 20 real seconds with 3,000 events are 200 s of scenario time. */
const RESULT: RunResult = {
  format: 1,
  id: 'demo-1',
  version: '0.1.0',
  startedAt: '2026-11-21T12:00:00Z',
  seconds: 23,
  scenario: {
    name: 'demo',
    title: 'Demo',
    description: '',
    seed: 1,
    speed: 10,
    devices: 50,
    phases: [
      { name: 'ramp', from: 0, until: 5 },
      { name: 'steady', from: 5, until: 20 },
    ],
    start: 0,
    digest: '',
  },
  target: 'mqtt://127.0.0.1:1883',
  command: 'millrace simulate demo',
  drive: {
    planned: 3000,
    sent: 3000,
    acknowledged: 3000,
    unsent: 0,
    connects: 50,
    failedConnects: 0,
    latency: '',
    schedulingError: '',
    throughput: [],
  },
  latency: { acknowledgement: null, alert: null, schedulingError: null, alertHistogram: null },
  samples: [sample(1, 100, 0), sample(2, 400, 3), sample(3, 150, 1)],
  chaos: [],
  ledger: [
    { what: 'acknowledged', expected: 3000, maybe: 0, actual: 3000 },
    { what: 'quarantined', expected: 30, maybe: 0, actual: 30 },
  ],
  verdict: { ok: true, findings: [], notChecked: [], thresholds: [] },
};

function sample(second: number, sent: number, alerts: number): Sample {
  return { second, sent, acknowledged: sent, alerts, processes: {} };
}

describe('a run', () => {
  test('is priced at the rates of scenario time', () => {
    const { profile } = billOf(RESULT, MILLRACE);
    expect(profile).toMatchObject({
      devices: 50,
      connections: 50,
      eventsPerSecond: { mean: 15, peak: 40 },
      alertsPerSecond: 8 / 200,
      refusedShare: 0.01,
      hoursPerMonth: 730,
    });
  });

  test('extrapolates in a line with devices; a rate of its own comes first', () => {
    const { profile, notes } = billOf(RESULT, MILLRACE, { rate: 30, devices: 5000 });
    expect(profile.eventsPerSecond).toEqual({ mean: 3000, peak: 8000 });
    expect(profile.alertsPerSecond).toBeCloseTo(8, 9);
    expect(profile.apiRequestsPerSecond).toBe(1);
    expect(notes.join('\n')).toContain('Extrapolated from 50 to 5000 devices');
  });

  test('has its alerts from the ledger when that has them', () => {
    const ledger = [
      { what: 'alerts fired', expected: 10, maybe: 0, actual: 10 },
      { what: 'alerts resolved', expected: 6, maybe: 0, actual: 6 },
    ];
    expect(billOf({ ...RESULT, ledger }, MILLRACE).profile).toMatchObject({
      alertsPerSecond: 16 / 200,
      refusedShare: 0,
    });
  });

  test('that sent nothing cannot be priced', () => {
    const nothing = { ...RESULT, drive: { ...RESULT.drive, sent: 0 } };
    expect(() => billOf(nothing, MILLRACE)).toThrow(expect.objectContaining({ code: 'RUN_EMPTY' }));
  });
});

describe('flags alone', () => {
  test('have stated defaults', () => {
    const { profile, choices, notes } = billFromFlags(MILLRACE);
    expect(profile).toMatchObject({ devices: 1000, eventsPerSecond: { mean: 100, peak: 200 } });
    expect(choices).toEqual({
      architecture: 'arm64',
      kinesis: 'provisioned',
      enhancedFanOut: false,
      basicIngest: false,
      freeTier: false,
    });
    expect(notes.join('\n')).toMatch(
      /stated, not measured[\s\S]*160 bytes were assumed[\s\S]*are assumed: 1 ms/,
    );
  });

  test('a rate belongs to the number of devices given with it', () => {
    const { profile } = billFromFlags(MILLRACE, { devices: 10, rate: 50, payload: { mean: 300, p95: 900 } });
    expect(profile).toMatchObject({ devices: 10, eventsPerSecond: { mean: 50 }, payloadBytes: { p95: 900 } });
  });

  test('measured durations change what Lambda takes, and the note says whose are assumed', () => {
    const times = { validate: { msPerInvocation: 5, msPerRecord: 0.5 } };
    const [assumed, measured] = [billFromFlags(MILLRACE), billFromFlags(MILLRACE, { times })];
    const duration = (bill: typeof assumed) =>
      bill.functions.find(({ name }) => name === 'validate')!.seconds;
    expect(duration(measured)).toBeGreaterThan(duration(assumed));
    expect(measured.notes.join('\n')).toContain(
      'Durations of aggregate, alert, notify, rollup, tick, query are assumed',
    );
  });
});

describe('durations from /metrics', () => {
  const TEXT = `
# TYPE millrace_function_duration_seconds histogram
millrace_function_duration_seconds_bucket{function="validate",le="0.0005"} 0
millrace_function_duration_seconds_bucket{function="validate",le="0.001"} 4
millrace_function_duration_seconds_bucket{function="validate",le="+Inf"} 100
millrace_function_duration_seconds_sum{function="validate"} 0.25
millrace_function_duration_seconds_count{function="validate"} 100
millrace_function_records_total{function="validate"} 4000
millrace_function_duration_seconds_sum{function="query"} 0.03
millrace_function_duration_seconds_count{function="query"} 10
millrace_function_duration_seconds_sum{function="idle"} 0
millrace_function_duration_seconds_count{function="idle"} 0
millrace_connections 3
`;

  test('the fastest invocations stand for an invocation, the rest goes by record', () => {
    const { validate } = timesFrom(TEXT);
    expect(validate!.msPerInvocation).toBe(0.5);
    // 250 ms less 100 x 0.5 ms, among 4,000 records.
    expect(validate!.msPerRecord).toBeCloseTo(0.05, 9);
  });

  test('what has no records has its mean; what never ran is left out', () => {
    expect(timesFrom(TEXT).query).toEqual({ msPerInvocation: 3, msPerRecord: 0 });
    expect(timesFrom(TEXT).idle).toBeUndefined();
  });

  test('other metrics are refused', () => {
    expect(() => timesFrom('process_cpu_seconds_total 3\n')).toThrow(
      expect.objectContaining({ code: 'METRICS_UNUSABLE' }),
    );
  });
});
