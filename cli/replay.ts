/** `millrace replay`: a recorded data set or a captured topic tree, published over MQTT at a chosen speed. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { replay } from '../simulators/replay.js';
import { jsonReplayOutput, terminalReplayOutput } from '../simulators/replay-outputs.js';
import type { TimeMapping } from '../simulators/replay-schedule.js';
import { endOnSignal, qosOption } from './options.js';
import { count, moment, signedDuration, time } from './parsers.js';
import { type RecordingFlags, recordingFlags, recordingOptions } from './recording-flags.js';
import { EXIT_LOST } from './simulate.js';
import { type MqttFlags, mqttFlags, mqttTarget } from './target-flags.js';

interface Flags extends MqttFlags, RecordingFlags {
  readonly speed: number | 'max';
  readonly shiftToNow?: true;
  readonly shift?: number;
  readonly start?: number;
  readonly loop: number;
  readonly json?: true;
}

export function registerReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('publish a recording over MQTT: CSV, JSON events (NDJSON), or what `record` wrote')
    .argument('<file>', 'which of them, and whether it is packed (gzip), is told by its content');
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
    .option('--loop <n>', 'replay so many times, one after the other', count, 1);
  recordingFlags(command)
    .option('--topic <topic>', 'topic to publish on (default: devices/{deviceId}/telemetry)')
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

function timesOf({ shiftToNow, shift, start }: Flags): TimeMapping {
  if (shiftToNow === true) return { kind: 'now' };
  if (shift !== undefined) return { kind: 'by', ms: shift };
  return start === undefined ? { kind: 'keep' } : { kind: 'start', time: start };
}

function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Must be a number above 0, or max.');
  return value;
}
