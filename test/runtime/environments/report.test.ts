import { reportLine } from '../../../runtime/environments/report.js';

const report = { requestId: '6f1c', durationMs: 1.234, memoryMB: 512, memoryBytes: 60.5 * 1024 ** 2 };

test("CloudWatch's words", () => {
  expect(reportLine(report)).toBe(
    'REPORT RequestId: 6f1c Duration: 1.23 ms Billed Duration: 2 ms Memory Size: 512 MB Max Memory Used: 61 MB',
  );
  expect(reportLine({ ...report, initMs: 34.5 })).toMatch(/ Init Duration: 34\.50 ms$/);
});
