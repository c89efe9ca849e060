/** Small loads for tests of bills: one stream, one function, figures that can be followed by hand. */
import { loadPrices } from '../../../simulators/bill/prices.js';
import {
  ASSUMPTIONS,
  type Choices,
  type DeploymentSettings,
  type LoadProfile,
} from '../../../simulators/bill/profile.js';

export const SETTINGS: DeploymentSettings = {
  architecture: 'arm64',
  streams: [{ name: 'telemetry', partitions: 2, retentionHours: 24 }],
  functions: [
    {
      name: 'theirs',
      memoryMB: 1769,
      streams: [{ stream: 'telemetry', batchSize: 100, batchWindowSeconds: 60, parallelizationFactor: 1 }],
      runsPerMonth: 0,
      http: false,
    },
  ],
  windowSeconds: 10,
  latenessSeconds: 60,
  retentionDays: { windows: 7, rollups: { '1m': 30, '1h': 365, '1d': 3650 }, quarantine: 30, alerts: 90 },
  logRetentionDays: 30,
};

/** The functions of Millrace, as its serverless.yml has them. */
export const MILLRACE: DeploymentSettings = {
  ...SETTINGS,
  streams: [
    { name: 'telemetry', partitions: 2, retentionHours: 168 },
    { name: 'alerts', partitions: 1, retentionHours: 168 },
  ],
  functions: [
    ...['validate', 'aggregate', 'alert'].map((name) => ({
      name,
      memoryMB: 512,
      streams: [{ stream: 'telemetry', batchSize: 10_000, batchWindowSeconds: 1, parallelizationFactor: 1 }],
      runsPerMonth: 0,
      http: false,
    })),
    {
      name: 'notify',
      memoryMB: 256,
      streams: [{ stream: 'alerts', batchSize: 1000, batchWindowSeconds: 1, parallelizationFactor: 1 }],
      runsPerMonth: 0,
      http: false,
    },
    { name: 'rollup', memoryMB: 512, streams: [], runsPerMonth: 43_800, http: false },
    { name: 'tick', memoryMB: 128, streams: [], runsPerMonth: 43_800, http: false },
    { name: 'query', memoryMB: 512, streams: [], runsPerMonth: 0, http: true },
  ],
};

export const PROFILE: LoadProfile = {
  devices: 100,
  connections: 100,
  eventsPerSecond: { mean: 20, peak: 40 },
  payloadBytes: { mean: 200, p95: 200 },
  hoursPerMonth: 730,
  alertsPerSecond: 0,
  apiRequestsPerSecond: 0,
  refusedShare: 0,
  times: { theirs: { msPerInvocation: 10, msPerRecord: 0.1 } },
  settings: SETTINGS,
};

export const CHOICES: Choices = {
  architecture: 'arm64',
  kinesis: 'provisioned',
  enhancedFanOut: false,
  basicIngest: false,
  freeTier: false,
};

export function pricing(choices: Partial<Choices> = {}) {
  return { prices: loadPrices(), assumptions: ASSUMPTIONS, choices: { ...CHOICES, ...choices } };
}
