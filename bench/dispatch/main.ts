/**
 * `npm run -s build && node dist/bench/dispatch/main.js`: ten thousand alerts at once, in one group, in thousands, and each
 * by itself. Prints a table. Each has a process of its own, for its memory.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../common/errors.js';
import { table } from '../report.js';
import { GROUPINGS, measureStorm, type StormRate } from './storm.js';

const ALERTS = 10_000;

function measured(grouping: string): StormRate {
  const self = fileURLToPath(import.meta.url);
  const out = execFileSync(process.execPath, [self, '--measure', grouping], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out) as StormRate;
}

try {
  const asked = process.argv.indexOf('--measure');
  if (asked !== -1) {
    process.stdout.write(JSON.stringify(await measureStorm(process.argv[asked + 1]!, ALERTS)));
  } else {
    const head = [
      `${ALERTS} alerts`,
      'groups',
      'taken in, ms',
      'told, ms',
      'silenced, ms',
      'ends taken in, ms',
      'ends told, ms',
      'deliveries',
      'memory, MiB',
    ];
    const rows = Object.keys(GROUPINGS)
      .map(measured)
      .map((rate) => [
        rate.grouping,
        ...[rate.groups, rate.takenIn, rate.told, rate.silenced, rate.endsTakenIn, rate.endsTold].map(String),
        String(rate.deliveries),
        String(rate.memory),
      ]);
    process.stdout.write(`${table([head, ...rows])}\n`);
  }
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
