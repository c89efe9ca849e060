/**
 * `npm run bench:alerts [-- --quick]`: a hundred rules over ten thousand devices, kind by kind: the alert core with its
 * commits to SQLite. Prints a table, keeps the figures in bench/results/.
 *
 * Each kind has a process of its own, as what one leaves on the heap makes the next one slower.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../common/errors.js';
import { commit, machine } from '../machine.js';
import { table } from '../report.js';
import { dist } from '../servers.js';
import { type AlertRate, measureAlerts } from './rates.js';
import { KINDS, RULES } from './rules.js';

const DEVICES = 10_000;
const seconds = process.argv.includes('--quick') ? 1 : 3;

function measured(kind: string): AlertRate {
  process.stderr.write(`bench: ${kind}\n`);
  const flags = seconds === 1 ? ['--quick'] : [];
  const out = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--measure', kind, ...flags], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out) as AlertRate;
}

function textOf(rates: readonly AlertRate[]): string {
  const n = (value: number, digits = 0) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const head = [`${RULES} rules`, 'events/s', 'CPU s/M', 'rows per event', 'bytes per device'];
  const rows = rates.map((rate) => [
    rate.kind,
    n(rate.perSecond),
    n(rate.cpuPerMillion, 1),
    n(rate.rowsPerEvent, 2),
    n(rate.bytesPerDevice),
  ]);
  return `${n(DEVICES)} devices, one core\n${table([head, ...rows])}`;
}

try {
  const asked = process.argv.indexOf('--measure');
  if (asked !== -1) {
    process.stdout.write(JSON.stringify(await measureAlerts(process.argv[asked + 1]!, DEVICES, seconds)));
  } else {
    const startedAt = new Date().toISOString();
    const rates = Object.keys(KINDS).map(measured);
    const folder = join(dirname(dist), 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    const name = `alerts-${startedAt.slice(0, 16).replace(':', '')}.json`;
    const result = { startedAt, commit: commit(), machine: machine(), rules: RULES, rates };
    writeFileSync(join(folder, name), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(`${textOf(rates)}\nkept in bench/results/${name}\n`);
  }
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
