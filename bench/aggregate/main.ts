/**
 * `npm run bench:aggregate [-- --quick]`: the aggregate core alone (decoded events in, rows out), its memory, its ticks,
 * its percentiles, and rollups. Prints tables, keeps the figures in bench/results/.
 *
 * Each measurement has a process of its own, as what one leaves on the heap makes the next one slower.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../common/errors.js';
import { commit, machine } from '../machine.js';
import { dist } from '../servers.js';
import { TUMBLING, withDefinitions } from './load.js';
import { measureMemory, measureTick } from './memory.js';
import { measurePercentiles } from './percentiles.js';
import { measureRate } from './rates.js';
import { type AggregateResult, textOf } from './report.js';
import { benchRollup } from './rollup.js';

/** Of three metrics each: 1 k, 10 k, 100 k and 1 M series. */
const DEVICES = [333, 3_333, 33_333, 333_334];
const TICK_DEVICES = 100_000;
const VARIANT_DEVICES = 3_333;

const quick = process.argv.includes('--quick');
const seconds = quick ? 2 : 5;
const progress = (text: string) => process.stderr.write(`bench: ${text}\n`);

const SESSION = { type: 'session', gapMs: 5_000, maxMs: 600_000 } as const;
const VARIANTS = {
  'hopping, 30 s every 10 s': withDefinitions({
    window: { type: 'hopping', sizeMs: 30_000, everyMs: 10_000 },
  }),
  'session, gap 5 s': withDefinitions({ window: SESSION }),
  'the last 10': withDefinitions({ window: { type: 'last', count: 10 } }),
  'by site': withDefinitions({ by: ['site'] }),
  fleet: withDefinitions({ by: [] }),
  'per device, p50 and p99': withDefinitions({ metrics: { '*': ['p50', 'p99'] } }),
  'per device, every figure': withDefinitions({
    metrics: { '*': ['stddev', 'delta', 'rate', 'p50', 'distinct', 'timeWeightedMean'] },
  }),
  'device, site and fleet at once': withDefinitions({}, { by: ['site'] }, { by: [] }),
};

/** What a process of its own measures, by what it is told to. */
const MEASUREMENTS: Readonly<Record<string, (argument: string) => unknown>> = {
  rate: (devices) => measureRate('tumbling', Number(devices), TUMBLING, seconds),
  variant: (name) => measureRate(name, VARIANT_DEVICES, VARIANTS[name as keyof typeof VARIANTS], seconds / 2),
  memory: (devices) => measureMemory(Number(devices)),
  tick: (devices) => measureTick(Number(devices)),
  percentiles: () => measurePercentiles(),
  rollup: () => benchRollup(),
};

function measured<T>(name: string, argument: string | number = ''): T {
  progress(`${name} ${argument}`);
  const options = ['--max-old-space-size=8192', fileURLToPath(import.meta.url)];
  const flags = quick ? ['--quick'] : [];
  const out = execFileSync(process.execPath, [...options, '--measure', name, String(argument), ...flags], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out) as T;
}

function bench(): AggregateResult {
  const startedAt = new Date();
  const rates: AggregateResult['rates'] = DEVICES.map((devices) => measured('rate', devices));
  const variants: AggregateResult['variants'] = Object.keys(VARIANTS).map((name) =>
    measured('variant', name),
  );
  const memory: AggregateResult['memory'] = DEVICES.map((devices) => measured('memory', devices));
  return {
    startedAt: startedAt.toISOString(),
    commit: commit(),
    machine: machine(),
    rates,
    variants,
    memory,
    tick: measured('tick', TICK_DEVICES),
    percentiles: measured('percentiles'),
    rollup: quick ? null : measured('rollup'),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
  };
}

try {
  const asked = process.argv.indexOf('--measure');
  if (asked !== -1) {
    const [name, argument] = process.argv.slice(asked + 1);
    process.stdout.write(JSON.stringify(await MEASUREMENTS[name!]!(argument!)));
  } else {
    const result = bench();
    const folder = join(dirname(dist), 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    const name = `aggregate-${result.startedAt.slice(0, 16).replace(':', '')}.json`;
    writeFileSync(join(folder, name), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(`${textOf(result)}\nkept in bench/results/${name}\n`);
  }
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
