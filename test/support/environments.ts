/** Pools over real environments, run from the built tree, whose functions do what their records tell them to. */
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import type { PlatformHost } from '../../runtime/environments/environment.js';
import type { FunctionPool } from '../../runtime/environments/invocation.js';
import type { PoolOptions } from '../../runtime/environments/pool.js';
import type { EnvironmentSpec } from '../../runtime/environments/protocol.js';
import { dist, specOf } from './function-batches.js';
import { temporaryDirectory } from './product.js';

export { batchOf, dist, ordering, source, specOf } from './function-batches.js';

// A thread runs from the built tree, so its host has to as well.
const { createPool } = (await import(
  join(dist, 'runtime/environments/pool.js')
)) as typeof import('../../runtime/environments/pool.js');

export const quiet: Logger = pino({ level: 'silent' });

export interface Pools {
  /** A pool of one environment unless told otherwise. */
  open(spec?: Partial<EnvironmentSpec>, options?: Partial<PoolOptions>): FunctionPool;
  /** What functions have published. */
  readonly reports: string[];
  closeAll(): Promise<void>;
}

export function openPools(): Pools {
  const reports: string[] = [];
  const opened: FunctionPool[] = [];
  const platform: PlatformHost = async (call) => {
    if (call.method !== 'publish') return;
    for (const { payload } of call.messages) reports.push(Buffer.from(payload).toString());
  };
  return {
    reports,
    open(spec = {}, options = {}) {
      const pool = createPool(
        specOf({ stores: { kind: 'sqlite', directory: temporaryDirectory() }, ...spec }),
        {
          platform,
          log: quiet,
          environments: 1,
          provisionedConcurrency: 0,
          idleMs: 600_000,
          ...options,
        },
      );
      opened.push(pool);
      return pool;
    },
    async closeAll() {
      await Promise.all(opened.map((pool) => pool.close()));
    },
  };
}
