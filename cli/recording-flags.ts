/** Options that say what a file of rows, events or messages means, for commands that read recordings. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError, messageOf } from '../common/errors.js';
import type { Qos } from '../simulators/capture/format.js';
import { parseTopicRule } from '../simulators/capture/topics.js';
import { type PartialMapping, parseMapping, type Scalar } from '../simulators/mapping.js';
import type { OpenOptions } from '../simulators/open-recording.js';
import type { Moment } from '../simulators/selection.js';
import { collected, filters } from './parsers.js';

export interface RecordingFlags {
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
  readonly from?: Moment;
  readonly to?: Moment;
}

export function recordingFlags(command: Command): Command {
  const list = (flags: string, what: string, parse = collected) =>
    new Option(flags, `${what}; repeatable`).argParser(parse);
  return command
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
    .addOption(list('--device <id>', 'only this device, * for any characters'))
    .optionsGroup('Captures:')
    .addOption(list('--filter <filter>', 'only topics that match', filters))
    .addOption(list('--map-topic <filter=topic>', 'rewrite topics: a/+/b=x/{1}/y; the first that matches'))
    .option('--topic-prefix <text>', 'put this before all topics');
}

export function recordingOptions(file: string, flags: RecordingFlags): OpenOptions {
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
