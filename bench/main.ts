/**
 * `npm run bench [-- --quick | --soak 600 [--rate 5000]]`: the whole job against its floors, in one run and with one
 * driver. Prints a table and keeps the figures in bench/results/. See bench/README.md. `npm run bench -- anomaly` is
 * in anomaly/main.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../common/errors.js';
import { anomalyCommand } from './anomaly/main.js';
import type { DriverConfig } from './driver/config.js';
import { benchLogAppend } from './floors/log-append.js';
import { benchParseValidate } from './floors/parse-validate.js';
import { commit, machine } from './machine.js';
import { measure } from './measure.js';
import { plan, RATES, soak } from './plan.js';
import { aimsOf, type BenchResult, type Pair, textOf } from './report.js';
import { dist, type Server, startBroker, startProduct } from './servers.js';

type Figures = Pick<BenchResult, 'closed' | 'open' | 'overload' | 'floors' | 'soak'>;

const progress = (text: string) => process.stderr.write(`bench: ${text}\n`);

/** The broker and the whole job are driven in turn, so that a machine that gets slower or faster hits both. */
async function compare(quick: boolean): Promise<Figures> {
  const phases = plan(quick);
  progress('floors: JSON.parse + compiled validator, log append');
  const floors = { parseValidate: await benchParseValidate(), logAppend: await benchLogAppend() };
  return withServers(async (product, broker) => {
    // First, so that both processes have their code compiled before anything at a low rate is measured.
    const closed = await pairOf('closed loop', phases.closed, product, broker, false);
    const open: Record<string, Pair> = {};
    for (const [index, rate] of RATES.entries()) {
      open[rate] = await pairOf(
        `${rate} events/s`,
        { ...phases.open, rate },
        product,
        broker,
        index % 2 === 0,
      );
    }
    progress('overload: whole job');
    const overload = await measure(product, phases.overload);
    return { open, closed, overload, floors };
  });
}

async function pairOf(
  name: string,
  config: Partial<DriverConfig>,
  product: Server,
  broker: Server,
  brokerFirst: boolean,
): Promise<Pair> {
  const runBroker = () => {
    progress(`${name}: broker alone`);
    return measure(broker, config);
  };
  const runWhole = () => {
    progress(`${name}: whole job`);
    return measure(product, config);
  };
  if (brokerFirst) {
    const alone = await runBroker();
    return { broker: alone, whole: await runWhole() };
  }
  const whole = await runWhole();
  return { whole, broker: await runBroker() };
}

async function withServers<T>(use: (product: Server, broker: Server) => Promise<T>): Promise<T> {
  const product = await startProduct();
  try {
    const broker = await startBroker();
    try {
      return await use(product, broker);
    } finally {
      await broker.stop();
    }
  } finally {
    await product.stop();
  }
}

async function soakFor(seconds: number, rate: number): Promise<Figures> {
  const product = await startProduct();
  try {
    progress(`soak: ${rate} events/s for ${seconds} s`);
    return { soak: await measure(product, soak(seconds, rate)) };
  } finally {
    await product.stop();
  }
}

function keep(result: BenchResult): string {
  const folder = join(dirname(dist), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const text = `${JSON.stringify(result, null, 2)}\n`;
  const name = `${result.startedAt.slice(0, 16).replace(':', '')}-${result.what}.json`;
  writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'latest.json'), text);
  return `bench/results/${name}`;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Must be a number above 0.');
  return value;
}

interface Flags {
  readonly quick?: true;
  readonly soak?: number;
  readonly rate: number;
}

const program = new Command('bench')
  .description('measure the whole job against its floors')
  .option('--quick', 'shorter phases: about a minute')
  .option('--soak <seconds>', 'only a steady rate for so long, watching memory', seconds)
  .option('--rate <events/s>', 'rate of the soak', seconds, 5_000)
  .action(async (flags: Flags) => {
    const startedAt = new Date();
    const figures =
      flags.soak === undefined ? await compare(flags.quick === true) : await soakFor(flags.soak, flags.rate);
    const measured: Omit<BenchResult, 'aims'> = {
      what: flags.soak !== undefined ? 'soak' : flags.quick === true ? 'quick' : 'full',
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      commit: commit(),
      machine: machine(),
      ...figures,
    };
    const result: BenchResult = { ...measured, aims: aimsOf(measured) };
    process.stdout.write(`${textOf(result)}\nkept in ${keep(result)}\n`);
  });

program.addCommand(anomalyCommand());

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
