/**
 * A host with one environment in a process of its own, to be killed by a test: prints the process id of the
 * environment when that is frozen, then waits.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createPool } from '../../runtime/environments/pool.js';
import { specOf } from './function-batches.js';

const storesDirectory = mkdtempSync(join(tmpdir(), 'millrace-pool-host-'));
const pool = createPool(
  specOf({
    isolation: 'process',
    modulePath: fileURLToPath(new URL('./functions/plain.js', import.meta.url)),
    stores: { kind: 'sqlite', directory: storesDirectory },
  }),
  {
    platform: async () => undefined,
    log: pino({ level: 'silent' }),
    environments: 1,
    provisionedConcurrency: 0,
    idleMs: 600_000,
  },
);
const result = await pool.invoke({ payload: Buffer.from('{"do":"pid"}') });
console.log(result.kind === 'success' ? Buffer.from(result.payload).toString() : result.error);
setInterval(() => undefined, 1_000);
