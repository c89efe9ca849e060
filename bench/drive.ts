/** Runs the load driver in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { MillraceError } from '../common/errors.js';
import type { DriverConfig, DriverResult } from './driver/config.js';
import { dist } from './servers.js';

/** Rejects with `BENCH_DRIVER`, and what the driver said, when it does not come to a result. */
export function drive(config: Partial<DriverConfig>): Promise<DriverResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(dist, 'bench/driver/main.js'), JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as DriverResult);
      else reject(new MillraceError(`the load driver failed: ${errors || code}`, { code: 'BENCH_DRIVER' }));
    });
  });
}
