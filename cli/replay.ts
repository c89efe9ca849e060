/** `millrace replay`: a recorded data set or a captured topic tree, published over MQTT at a chosen speed. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError, messageOf } from '../common/errors.js';
import type { Qos } from '../simulators/capture/format.js';
import { parseTopicRule } from '../simulators/capture/topics.js';
import { type PartialMapping, parseMapping, type Scalar } from '../simulators/mapping.js';
import type { OpenOptions } from '../simulators/open-recording.js';
import { replay } from '../simulators/replay.js';
import { jsonReplayOutput, terminalReplayOutput } from '../simulators/replay-outputs.js';
import type { TimeMapping } from '../simulators/replay-schedule.js';
import type { Moment } from '../simulators/selection.js';
import { endOnSignal, qosOption } from './options.js';
import { collected, count, filters, moment, signedDuration, time } from './parsers.js';
import { EXIT_LOST } from './simulate.js';
import { type MqttFlags, mqttFlags, mqttTarget } from './target-flags.js';

interface Flags extends MqttFlags {
  readonly qos?: Qos;
  readonly retain?: boolean;
  readonly deviceColumn?: string;
  readonly timeColumn?: string;
  readonly mapping?: string;
  readonly set?: Readonly<Record<string, Scalar>>;
  readonly numbersOnly?: true;
  readonly missing?: readonly string[];
  readonly topic?: string;
  readonly device?: readonly string[];
  readonly filter?: readonly string[];
  readonly mapTopic?: readonly string[];
  readonly topicPrefix?: string;
  readonly speed: number | 'max';
  readonly shiftToNow?: true;
  readonly shift?: number;
  readonly start?: number;
  readonly from?: Moment;
  readonly to?: Moment;
  readonly loop: number;
  readonly json?: true;
}

export function registerReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('publish a recording over MQTT: CSV, JSON events (NDJSON), or what `record` wrote')
    .argument('<file>', 'which of them, and whether it is packed (gzip), is told by its content');
  const list = (flags: string, what: string, parse = collected) =>
    new Option(flags, `${what}; repeatable`).argParser(parse);
  mqttFlags(command)
    .addOption(qosOption().default(undefined, 'as recorded; rows and events 1'))
    .option('--retain', 'publish everything retained (default: as recorded; rows and events not)')
    .option('--no-retain', 'publish nothing retained')
    .optionsGroup('When:')
    .option('--speed <factor>', 'recorded seconds per second, or max', speed, 'max')
    .addOption(
      new Option('--shift-to-now', 'move event times to now instead of keeping them').conflicts([
        'shift',
        'start',
      ]),
    )
    .addOption(
      new Option('--shift <duration>', 'move event times by so much, like 1h or -30d')
        .argParser(signedDuration)
        .conflicts('start'),
    )
    .option('--start <time>', 'move event times so that the first is this', time)
    .option('--from <time>', 'leave out what is before: a time, or like 10m after the first', moment)
    .option('--to <time>', 'leave out what is not before this', moment)
    .option('--loop <n>', 'replay so many times, one after the other', count, 1)
    .optionsGroup('Rows and events:')
    .option('--device-column <name>', 'column or field that holds the device id')
    .option(
      '--time-column <name>',
      'column or field that holds the event time (RFC 3339, UTC without a zone, epoch s or ms); of captures: of ' +
        'JSON payloads (default: ts)',
    )
    .option('--mapping <file.yml>', 'mapping file: columns, names, units; flags win over it')
    .option('--set <name=value>', 'add this to every event; repeatable', assignment)
    .option('--numbers-only', 'leave out values that are not numbers')
    .option(
      '--missing <list>',
      'cells that mean "no reading", comma-separated (default: NA and empty)',
      commas,
    )
    .option('--topic <topic>', 'topic to publish on (default: devices/{deviceId}/telemetry)')
    .addOption(list('--device <id>', 'only this device, * for any characters'))
    .optionsGroup('Captures:')
    .addOption(list('--filter <filter>', 'only topics that match', filters))
    .addOption(list('--map-topic <filter=topic>', 'rewrite topics: a/+/b=x/{1}/y; the first that matches'))
    .option('--topic-prefix <text>', 'put this before all topics')
    .optionsGroup('Output:')
    .option('--json', 'JSON lines (the default when the output is not a terminal)')
    .action(async (file: string, flags: Flags) => {
      const output =
        flags.json === true || !process.stdout.isTTY
          ? jsonReplayOutput(process.stdout)
          : terminalReplayOutput(process.stdout);
      const options = {
        ...recordingOptions(file, flags),
        speed: flags.speed,
        times: timesOf(flags),
        loops: flags.loop,
        target: mqttTarget(flags),
        signal: endOnSignal(),
      };
      const summary = await replay(options, output);
      if (!summary.ok) process.exitCode = EXIT_LOST;
    });
}

function recordingOptions(file: string, flags: Flags): OpenOptions {
  const { deviceColumn, timeColumn, set, numbersOnly, missing, from, to, topicPrefix } = flags;
  const fromFlags = { deviceColumn, timeColumn, set, numbersOnly, missing };
  return {
    file,
    range: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    rows: {
      mapping: [flags.mapping === undefined ? {} : readMapping(flags.mapping), fromFlags],
      topic: flags.topic ?? 'devices/{deviceId}/telemetry',
      devices: flags.device ?? [],
    },
    capture: {
      filters: flags.filter ?? [],
      rules: (flags.mapTopic ?? []).map(parseTopicRule),
      prefix: topicPrefix ?? '',
      timeField: timeColumn ?? 'ts',
    },
    overrides: { qos: flags.qos, retain: flags.retain },
    onlyForRows: given({
      '--device-column': deviceColumn,
      '--mapping': flags.mapping,
      '--set': set,
      '--numbers-only': numbersOnly,
      '--missing': missing,
      '--topic': flags.topic,
      '--device': flags.device,
    }),
    onlyForCaptures: given({
      '--filter': flags.filter,
      '--map-topic': flags.mapTopic,
      '--topic-prefix': topicPrefix,
    }),
  };
}

/** Names of the flags that have a value. */
function given(flags: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

function timesOf({ shiftToNow, shift, start }: Flags): TimeMapping {
  if (shiftToNow === true) return { kind: 'now' };
  if (shift !== undefined) return { kind: 'by', ms: shift };
  return start === undefined ? { kind: 'keep' } : { kind: 'start', time: start };
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

function assignment(text: string, before: Readonly<Record<string, Scalar>> = {}): Record<string, Scalar> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Must look like name=value.');
  const value = text.slice(at + 1);
  const literal: Record<string, boolean> = { true: true, false: false };
  const number = value === '' ? Number.NaN : Number(value);
  return { ...before, [text.slice(0, at)]: literal[value] ?? (Number.isFinite(number) ? number : value) };
}

function commas(text: string): string[] {
  return text.split(',');
}
