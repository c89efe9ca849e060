/** `millrace simulate`: a small seeded fleet over real MQTT, and a verdict on what became of its events. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { jsonSimulationOutput, terminalSimulationOutput } from '../simulators/outputs.js';
import { type SimulationOutput, simulate } from '../simulators/simulate.js';
import { defaultHttpUrl, defaultMqttPort, endOnSignal, portOption, qosOption } from './options.js';

/** k6's exit code for a threshold that was crossed: something was lost. */
export const EXIT_LOST = 99;

/** What `simulate` runs unless told otherwise. */
export const SIMULATION = { devices: 20, rate: 100, duration: 15, seed: 1, qos: 1 } as const;

/** Bars for a person, JSON lines for a program. */
export function simulationOutput(json = false): SimulationOutput {
  return json || !process.stdout.isTTY
    ? jsonSimulationOutput(process.stdout)
    : terminalSimulationOutput(process.stdout);
}

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly http: string;
  readonly devices: number;
  readonly rate: number;
  readonly duration: number;
  readonly seed: number;
  readonly qos: 0 | 1 | 2;
  readonly json?: true;
}

export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .description('publish a seeded fleet over MQTT and check what comes out')
    .helpOption('--help', 'display help for command')
    .option('-h, --host <host>', 'where MQTT listens', process.env.MILLRACE_HOST ?? '127.0.0.1')
    .addOption(portOption(defaultMqttPort()))
    .option('--http <url>', 'query API', defaultHttpUrl())
    .option('--devices <n>', 'size of the fleet', whole(1, 100_000), SIMULATION.devices)
    .option('--rate <events/s>', 'events per second of the whole fleet', positive, SIMULATION.rate)
    .option('--duration <s>', 'how long to publish', positive, SIMULATION.duration)
    .option(
      '--seed <n>',
      'the same seed gives the same fleet',
      whole(0, Number.MAX_SAFE_INTEGER),
      SIMULATION.seed,
    )
    .addOption(qosOption())
    .addOption(new Option('--json', 'JSON lines (the default when the output is not a terminal)'))
    .action(async (flags: Flags) => {
      const { json, ...options } = flags;
      const report = await simulate({ ...options, signal: endOnSignal() }, simulationOutput(json));
      if (!report.ok) process.exitCode = EXIT_LOST;
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number above 0.');
  return value;
}

function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) {
      throw new InvalidArgumentError(`Must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}
