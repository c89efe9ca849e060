/**
 * `npm run bench:storm [-- --devices 10000]`: so many alerts at once, over MQTT and to one webhook, told together and
 * each by itself. Time to drain, and the server's memory and CPU time. Ends by itself after six minutes at the latest.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../common/errors.js';
import { commit, machine } from '../machine.js';
import { dist } from '../servers.js';
import { type StormResult, storm } from './storm.js';

const GROUPINGS = ['[alertname]', "['...']"];

const at = process.argv.indexOf('--devices');
const devices = at === -1 ? 10_000 : Number(process.argv[at + 1]);

function row(result: StormResult): string {
  const seconds = (value: number | null) => (value === null ? '-' : value.toFixed(1)).padStart(7);
  const mib = (value: number) => value.toFixed(0).padStart(6);
  return [
    result.groupBy.padEnd(12),
    seconds(result.publishedSeconds),
    `${result.mqtt.devices}`.padStart(7),
    seconds(result.mqtt.lastSeconds),
    `${result.webhook.devices}`.padStart(8),
    seconds(result.webhook.lastSeconds),
    `${result.webhook.requests}`.padStart(9),
    seconds(result.cpuSeconds),
    mib(result.rssBeforeMiB),
    mib(result.rssPeakMiB),
    mib(result.rssAfterMiB),
    result.drained ? '' : '  NOT DRAINED',
  ].join(' ');
}

try {
  if (!Number.isSafeInteger(devices) || devices < 1) throw new Error('--devices takes a whole number');
  const startedAt = new Date().toISOString();
  const storms: StormResult[] = [];
  for (const groupBy of GROUPINGS) {
    process.stderr.write(`bench: ${devices} alerts at once, group_by ${groupBy}\n`);
    storms.push(await storm(groupBy, devices));
  }
  const folder = join(dirname(dist), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const name = `storm-${startedAt.slice(0, 16).replace(':', '')}.json`;
  const result = { startedAt, commit: commit(), machine: machine(), storms };
  writeFileSync(join(folder, name), `${JSON.stringify(result, null, 2)}\n`);
  const head =
    'group_by     sent, s    MQTT  last, s  webhook last, s  requests  CPU, s   MiB before, peak, after';
  process.stdout.write(`${[head, ...storms.map(row)].join('\n')}\nkept in bench/results/${name}\n`);
  if (storms.some(({ drained }) => !drained)) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
