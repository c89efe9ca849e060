/** Results of made-up runs, the same every time: for tests of what shows them. */
import { LatencyRecorder } from '../../simulators/drivers/latency.js';
import { Random } from '../../simulators/random.js';
import type { RunResult, Sample } from '../../simulators/result.js';
import { figuresOf, histogramOf } from '../../simulators/run/latencies.js';

const SECONDS = 60;

/** @param slower factor of all latencies and of the CPU time */
export function runResult(overrides: Partial<RunResult> = {}, slower = 1): RunResult {
  const random = Random.of(5, 1);
  const latency = (count: number, typical: number, tail: number) => {
    const recorder = new LatencyRecorder();
    for (let i = 0; i < count; i++) {
      recorder.record(slower * (typical + random.unit() ** 6 * tail));
    }
    const text = recorder.encoded();
    return { text, figures: figuresOf(histogramOf(text)) };
  };
  const acknowledgement = latency(5_400, 0.9, 18);
  const alert = latency(140, 3.1, 30);
  const schedulingError = latency(5_400, 0.05, 4);
  const load = (second: number) => (second < 10 ? 20 + second * 8 : second < 50 ? 100 : 200);
  const samples = Array.from({ length: SECONDS }, (_, second): Sample => {
    const down = second >= 30 && second < 33;
    const sent = load(second);
    return {
      second: second + 1,
      sent,
      acknowledged: down ? 0 : second === 33 ? sent + 300 : sent,
      alerts: Math.floor(random.unit() * 5),
      ...(down
        ? {}
        : {
            lag: {
              validate: Math.round(random.unit() * 10),
              aggregate: Math.round(20 + random.unit() * 30),
              alert: Math.round(random.unit() * 6),
            },
          }),
      processes: {
        ...(down
          ? {}
          : { backend: { cpu: slower * (0.2 + sent / 500 + random.unit() * 0.1), rss: 9e7 + second * 6e5 } }),
        simulator: { cpu: 0.1 + sent / 1500, rss: 8e7 + second * 1e5 },
      },
    };
  });
  const sent = samples.reduce((sum, one) => sum + one.sent, 0);
  return {
    format: 1,
    id: 'cold-chain-11-2026-11-21T15-00-00Z',
    version: '0.1.0',
    startedAt: '2026-11-21T15:00:00.000Z',
    seconds: SECONDS,
    scenario: {
      name: 'cold-chain',
      title: 'Cold chain',
      description: 'Refrigerated trucks: a compressor cycles, doors open at stops, some compressors fail.',
      seed: 11,
      speed: 1,
      devices: 40,
      phases: [
        { name: 'departure', from: 0, until: 10 },
        { name: 'on the road', from: 10, until: 50 },
        { name: 'arrival', from: 50, until: 60 },
      ],
      start: Date.parse('2026-11-21T15:00:00.000Z'),
      digest: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00',
    },
    target: 'mqtt://127.0.0.1:1883',
    command: 'millrace simulate cold-chain --seed 11 -h 127.0.0.1 -p 1883',
    drive: {
      planned: sent,
      sent,
      acknowledged: sent,
      unsent: 0,
      connects: 61,
      failedConnects: 3,
      latency: acknowledgement.text,
      schedulingError: schedulingError.text,
      throughput: samples.map((one) => ({
        second: one.second - 1,
        sent: one.sent,
        acknowledged: one.acknowledged,
      })),
    },
    latency: {
      acknowledgement: acknowledgement.figures,
      alert: alert.figures,
      schedulingError: schedulingError.figures,
      alertHistogram: alert.text,
    },
    samples,
    chaos: [
      { second: 30, what: 'kill' },
      { second: 33, what: 'started again' },
    ],
    ledger: [
      { what: 'stored', expected: sent, maybe: 12, actual: sent + 3 },
      { what: 'validated', expected: sent - 31, maybe: 12, actual: sent - 29 },
      { what: 'in quarantine', expected: 31, maybe: 0, actual: 31 },
      { what: 'alerts fired', expected: 70, maybe: 0, actual: 70 },
      { what: 'alerts resolved', expected: 70, maybe: 0, actual: 70 },
      { what: 'windows', expected: 720, maybe: 4, actual: 722 },
      { what: 'rollups', expected: 320, maybe: 0, actual: null },
    ],
    verdict: {
      ok: true,
      findings: [],
      notChecked: ['rollups: the backend rolls up every five minutes, the run was shorter'],
      thresholds: [
        { metric: 'loss', expression: '0', value: 0, ok: true },
        { metric: 'alert_latency', expression: 'p(99)<50ms', value: 33.25, ok: true },
        { metric: 'throughput', expression: 'rate>90', value: 101.4, ok: true },
      ],
    },
    ...overrides,
  };
}

/** A run in which something was lost. */
export function badRun(): RunResult {
  const good = runResult();
  const window = (device: string) => ({
    kind: 'lost' as const,
    where: 'window' as const,
    what: `window of temperature of ${device} from 2026-11-21T15:00:20.000Z: holds 4 events instead of 5`,
    expected: { count: 5, sum: 91.25 },
    actual: { count: 4, sum: 72.5 },
  });
  return {
    ...good,
    ledger: good.ledger.map((row) => (row.what === 'windows' ? { ...row, actual: 713 } : row)),
    verdict: {
      ok: false,
      findings: [
        { kind: 'lost', where: 'window', count: 7, examples: [window('truck-11-0'), window('<b>truck</b>')] },
        {
          kind: 'unexpected',
          where: 'alert',
          count: 1,
          examples: [
            {
              kind: 'unexpected',
              where: 'alert',
              what: 'HighTemperature of truck-11-3 from 2026-11-21T15:00:31.000Z (firing) must not have been told',
            },
          ],
        },
      ],
      notChecked: [],
      thresholds: [
        { metric: 'loss', expression: '0', value: 7, ok: false },
        { metric: 'alert_latency', expression: 'p(99)<20ms', value: 33.25, ok: false },
        { metric: 'unexpected', expression: '0', value: 1, ok: false },
      ],
    },
  };
}
