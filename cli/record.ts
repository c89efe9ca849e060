/** `millrace record`: a live topic tree to a file, for `millrace replay`. */
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { MillraceError } from '../common/errors.js';
import type { Qos } from '../simulators/capture/format.js';
import { record } from '../simulators/capture/record.js';
import { jsonRecordOutput, terminalRecordOutput } from '../simulators/capture/record-outputs.js';
import { endOnSignal, qosOption } from './options.js';
import { count, duration, filters, size } from './parsers.js';
import { type MqttFlags, mqttFlags, mqttTarget } from './target-flags.js';

interface Flags extends MqttFlags {
  readonly topic?: readonly string[];
  readonly filterOut?: readonly string[];
  readonly qos: Qos;
  readonly id?: string;
  readonly disableCleanSession?: true;
  readonly skipRetained?: true;
  readonly duration?: number;
  readonly count?: number;
  readonly size?: number;
  readonly sync?: number;
  readonly force?: true;
  readonly json?: true;
}

export function registerRecord(program: Command): void {
  const command = program
    .command('record')
    .description('record a live topic tree to a file')
    .argument('<file>', 'the capture; packed (gzip) when its name ends in .gz');
  mqttFlags(command)
    .option('-i, --id <id>', 'client id')
    .option('-c, --disable-clean-session', 'have the broker keep QoS 1 and 2 while disconnected; needs -i')
    .optionsGroup('What:')
    .addOption(
      new Option('-t, --topic <filter>', 'topics to record; repeatable (default: all, #)').argParser(filters),
    )
    .addOption(new Option('-T, --filter-out <filter>', 'topics to leave out; repeatable').argParser(filters))
    .addOption(qosOption().default(2, '2, so that each comes as it was published'))
    .option('-R, --skip-retained', 'leave out what was retained before')
    .optionsGroup('How long (else until Ctrl-C):')
    .option('-W, --duration <duration>', 'seconds, or like 90s or 2h', duration)
    .option('-C, --count <n>', 'so many messages', count)
    .option('--size <size>', 'a file of so many bytes, or like 64MiB', size)
    .optionsGroup('Output:')
    .option('--sync <duration>', 'what was received is on disk so much later (default: 1s)', duration)
    .option('--force', 'write over an existing file')
    .option('--json', 'JSON lines (the default when the output is not a terminal)')
    .action(async (file: string, flags: Flags) => {
      const {
        topic = ['#'],
        filterOut = [],
        qos,
        id,
        duration: durationMs,
        count: messages,
        size: bytes,
      } = flags;
      if (flags.disableCleanSession === true && id === undefined) {
        throw new MillraceError('-c needs -i: the broker keeps a session under the id of its client', {
          code: 'RECORD_FLAGS',
        });
      }
      const limits = Object.entries({ durationMs, messages, bytes }).filter(
        ([, bound]) => bound !== undefined,
      );
      const output =
        flags.json === true || !process.stdout.isTTY
          ? jsonRecordOutput(process.stdout)
          : terminalRecordOutput(process.stdout);
      await record(
        {
          file,
          force: flags.force === true,
          target: mqttTarget(flags),
          filters: topic,
          excluded: filterOut,
          qos,
          clientId: id ?? `millrace-record-${hostname()}-${process.pid}`,
          keepSession: flags.disableCleanSession === true,
          skipRetained: flags.skipRetained === true,
          limits: Object.fromEntries(limits),
          syncMs: flags.sync ?? 1000,
          signal: endOnSignal(),
        },
        output,
      );
    });
}
