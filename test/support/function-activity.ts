/** Functions and mappings as the metrics and reports see them, for tests. */
import { createHistogram } from '../../common/histogram.js';
import type { PoolStats } from '../../runtime/environments/invocation.js';
import type { MappingActivity } from '../../runtime/function-activity.js';
import type { FunctionManifest, Manifest } from '../../runtime/manifest/manifest.js';

export function poolStats(stats: Partial<PoolStats> = {}): PoolStats {
  return {
    invocations: 0,
    errors: 0,
    throttles: 0,
    durationMs: 0,
    durations: createHistogram(),
    timeouts: 0,
    coldStarts: 0,
    recentColdStarts: [],
    environments: 0,
    concurrentExecutions: 0,
    lastError: null,
    ...stats,
  };
}

export function mappingActivity(
  functionName: string,
  positions: readonly bigint[],
  stats: Partial<MappingActivity['stats']> = {},
  failing: string | null = null,
): MappingActivity {
  return {
    functionName,
    stream: 'telemetry',
    positions: () => new Map(positions.entries()),
    failing,
    stats: {
      records: 0,
      filtered: 0,
      discarded: 0,
      trimmed: 0,
      destinationDeliveries: 0,
      iteratorAge: 0,
      ...stats,
    },
  };
}

export function manifestOf(...functions: Partial<FunctionManifest>[]): Manifest {
  const local = { isolation: 'worker', environments: 10 };
  return {
    service: 'test',
    file: '/project/serverless.yml',
    functions: functions.map((fn) => ({
      arn: `arn:aws:lambda:eu-west-1:000000000000:function:${fn.name}`,
      handlerFile: `functions/${fn.name}/handler`,
      handlerExport: 'handler',
      runtime: 'nodejs20.x',
      memoryMB: 512,
      timeoutMs: 30_000,
      provisionedConcurrency: 0,
      triggers: [],
      local,
      ...fn,
    })),
  } as unknown as Manifest;
}

/** A stream of two partitions that end at 10 and at 20. */
export const telemetryEnds = {
  name: 'telemetry',
  ends: (partition: number) => ({ end: [10n, 20n][partition]! }),
};
