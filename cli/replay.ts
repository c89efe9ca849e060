/** `millrace replay`: a recorded data set, published over MQTT at a chosen speed. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { MillraceError, messageOf } from '../common/errors.js';
import { completeMapping, type PartialMapping, parseMapping, type Scalar } from '../simulators/mapping.js';
import { jsonReplayOutput, terminalReplayOutput } from '../simulators/outputs.js';
import { replay } from '../simulators/replay.js';
import { defaultMqttPort, endOnSignal, portOption, qosOption } from './options.js';
import { EXIT_LOST } from './simulate.js';

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly qos: 0 | 1 | 2;
  readonly deviceColumn?: string;
  readonly timeColumn?: string;
  readonly mapping?: string;
  readonly speed: number | 'max';
  readonly shiftToNow?: true;
  readonly set: Readonly<Record<string, Scalar>>;
  readonly numbersOnly?: true;
  readonly missing?: readonly string[];
  readonly topic: string;
  readonly json?: true;
}

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('publish a recording (CSV) over MQTT')
    .helpOption('--help', 'display help for command')
    .argument('<file>', 'CSV file with a header')
    .option('--device-column <name>', 'column that holds the device id')
    .option(
      '--time-column <name>',
      'column that holds the event time (RFC 3339, UTC without a zone, epoch s or ms)',
    )
    .option('--mapping <file.yml>', 'mapping file: columns, names, units; flags win over it')
    .option('--speed <factor>', 'recorded seconds per second, or max', speed, 'max')
    .option('--shift-to-now', 'move event times to now instead of keeping them')
    .option('--set <name=value>', 'add this to every event; repeatable', assignment, {})
    .option('--numbers-only', 'leave out cells that are not numbers')
    .option('--missing <list>', 'cells that mean "no reading", comma-separated (default: NA and empty)', list)
    .option('--topic <topic>', 'topic to publish on', 'devices/{deviceId}/telemetry')
    .option('-h, --host <host>', 'where MQTT listens', process.env.MILLRACE_HOST ?? '127.0.0.1')
    .addOption(portOption(defaultMqttPort()))
    .addOption(qosOption())
    .option('--json', 'JSON lines (the default when the output is not a terminal)')
    .action(async (file: string, flags: Flags) => {
      const { deviceColumn, timeColumn, set, numbersOnly, missing } = flags;
      const mapping = completeMapping(flags.mapping === undefined ? {} : readMapping(flags.mapping), {
        deviceColumn,
        timeColumn,
        set,
        numbersOnly,
        missing,
      });
      const { host, port, qos, topic } = flags;
      const output =
        flags.json === true || !process.stdout.isTTY
          ? jsonReplayOutput(process.stdout)
          : terminalReplayOutput(process.stdout);
      const shiftToNow = flags.shiftToNow === true;
      const summary = await replay(
        { file, mapping, speed: flags.speed, shiftToNow, topic, host, port, qos, signal: endOnSignal() },
        output,
      );
      if (!summary.ok) process.exitCode = EXIT_LOST;
    });
}

function readMapping(file: string): PartialMapping {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MillraceError(`the mapping file ${file} cannot be read: ${messageOf(cause)}`, {
      code: 'REPLAY_MAPPING',
      cause,
    });
  }
  return parseMapping(text, file);
}

function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Must be a number above 0, or max.');
  return value;
}

function assignment(text: string, before: Readonly<Record<string, Scalar>>): Record<string, Scalar> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Must look like name=value.');
  const value = text.slice(at + 1);
  const literal: Record<string, boolean> = { true: true, false: false };
  const number = value === '' ? Number.NaN : Number(value);
  return { ...before, [text.slice(0, at)]: literal[value] ?? (Number.isFinite(number) ? number : value) };
}

function list(text: string): string[] {
  return text.split(',');
}
