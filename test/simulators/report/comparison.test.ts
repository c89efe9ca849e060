import { assertComparable, compareRuns } from '../../../simulators/report/comparison.js';
import { badRun, runResult } from '../../support/run-result.js';

const row = (rows: ReturnType<typeof compareRuns>, what: string) => rows.find((one) => one.what === what);

test('a run like the one before is neither better nor worse', () => {
  expect(compareRuns(runResult(), runResult()).filter(({ better }) => better !== null)).toEqual([]);
});

test('faster is better, slower is worse, lost is worse at once', () => {
  const slower = runResult({}, 1.6);
  expect(row(compareRuns(slower, runResult()), 'Acknowledgement p99')).toMatchObject({
    change: '−37 %',
    better: true,
  });
  expect(row(compareRuns(runResult(), slower), 'Alert p99')).toMatchObject({ better: false });
  expect(row(compareRuns(runResult(), slower), 'Cores of backend, mean')).toMatchObject({ better: false });
  const rows = compareRuns(runResult(), badRun());
  expect(row(rows, 'Lost')).toEqual({ what: 'Lost', before: '0', after: '7', change: '+7', better: false });
  expect(row(rows, 'Verdict')).toMatchObject({
    before: 'good',
    after: 'bad',
    change: 'broken',
    better: false,
  });
  expect(row(compareRuns(badRun(), runResult()), 'Verdict')).toMatchObject({
    change: 'mended',
    better: true,
  });
});

test('what one of them has not is shown as missing', () => {
  const { latency } = runResult();
  const without = runResult({ latency: { ...latency, alert: null, alertHistogram: null } });
  expect(row(compareRuns(without, runResult()), 'Alert p99')).toMatchObject({
    before: '–',
    change: '',
    better: null,
  });
});

test('runs of different scenario files are not compared', () => {
  const other = { ...runResult().scenario, digest: 'other' };
  expect(() => assertComparable(runResult(), other)).toThrow(
    expect.objectContaining({ code: 'REPORT_COMPARE' }),
  );
});
