/** What a bill reads from serverless.yml: the settings that count on AWS, not their local overrides. */
import { join } from 'node:path';
import { billSettings } from '../../cli/bill-settings.js';
import { projectRoot } from '../support/project-root.js';

test('Millrace’s own serverless.yml', async () => {
  const settings = await billSettings(join(projectRoot, 'serverless.yml'), {});
  expect(settings.architecture).toBe('arm64');
  expect(settings.streams).toEqual([
    { name: 'telemetry', partitions: 2, retentionHours: 168 },
    { name: 'alerts', partitions: 1, retentionHours: 168 },
    { name: 'fleet', partitions: 1, retentionHours: 168 },
  ]);
  const byName = Object.fromEntries(settings.functions.map((fn) => [fn.name, fn]));
  // Locally alert waits for nothing, and ticks come every second.
  expect(byName.alert).toMatchObject({
    memoryMB: 512,
    streams: [{ stream: 'telemetry', batchSize: 10_000, batchWindowSeconds: 1, parallelizationFactor: 1 }],
  });
  expect(byName.tick!.runsPerMonth).toBe(730 * 60);
  expect(byName.rollup!.runsPerMonth).toBe(730 * 60);
  expect(byName.retain!.runsPerMonth).toBe(730);
  expect(byName.query).toMatchObject({ http: true, runsPerMonth: 0, streams: [] });
  expect(settings.windowSeconds).toBe(10);
  expect(settings.latenessSeconds).toBe(60);
  expect(settings.retentionDays.rollups).toEqual({ '1m': 30, '1h': 365, '1d': 3650 });
  expect(settings.logRetentionDays).toBe(30);
});
