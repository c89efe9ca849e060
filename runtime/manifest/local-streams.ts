/**
 * Which streams one machine needs: the Kinesis streams under `resources`, one for each Kafka topic and queue that
 * triggers a function, and those that `custom.millrace.streams` makes by giving them partitions.
 */

import { type Problems, suggestion } from '../../common/problems.js';
import type { StreamManifest } from './manifest.js';
import type { Resource, Resources } from './resources.js';
import { isObject, numberOf, whole } from './values.js';

const HOUR = 3_600_000;
/** Kafka's own default; also for streams that only `custom.millrace.streams` knows. */
export const TOPIC_RETENTION_MS = 168 * HOUR;
/** What AWS starts a stream in on-demand mode with. */
const ON_DEMAND_PARTITIONS = 4;
const SETTINGS = ['custom', 'millrace', 'streams'] as const;
/** What the log takes for a name; it becomes a folder. */
const NAME = /^[\w.-]{1,128}$/;

export class LocalStreams {
  readonly #streams = new Map<string, StreamManifest>();
  /** Name -> partitions of custom.millrace.streams; undefined where it has none. */
  readonly #settings: ReadonlyMap<string, number | undefined>;

  /** @param settings `custom.millrace.streams` as it stands in the file, checked elsewhere */
  constructor(resources: Resources, settings: unknown, problems: Problems) {
    this.#settings = new Map(
      Object.entries(isObject(settings) ? settings : {}).map(([name, value]) => [
        name,
        numberOf(Object(value).partitions),
      ]),
    );
    for (const resource of resources.byId.values()) {
      if (resource.type === 'AWS::Kinesis::Stream') this.#declare(resource, problems);
    }
  }

  get list(): readonly StreamManifest[] {
    return [...this.#streams.values()];
  }

  /** Whether there is a stream of this name, or `custom.millrace.streams` can make one. */
  has(name: string): boolean {
    return this.#streams.has(name) || this.#settings.get(name) !== undefined;
  }

  /** How many partitions a stream that stands in for something will have. */
  standInPartitions(name: string): number {
    return this.#streams.get(name)?.partitions ?? this.#settings.get(name) ?? 1;
  }

  /** Names to suggest. */
  get names(): string[] {
    return [...new Set([...this.#streams.keys(), ...this.#settings.keys()])];
  }

  /** Makes the stream that stands for a topic, a queue or a stream of elsewhere, unless there is one of its name. */
  standIn(name: string, retentionMs: number): void {
    if (this.#streams.has(name)) return;
    this.#streams.set(name, { name, partitions: this.standInPartitions(name), retentionMs });
  }

  /** To be called when every trigger has been read: makes the remaining streams and finds settings of none. */
  finish(problems: Problems): void {
    for (const [name, partitions] of this.#settings) {
      if (this.#streams.has(name)) continue;
      if (partitions === undefined) {
        const others = this.names.filter((other) => other !== name);
        problems.add([...SETTINGS, name], `no such stream${suggestion(name, others)}`);
      } else if (!NAME.test(name)) {
        problems.add([...SETTINGS, name], 'must be 1 to 128 letters, digits, _, . or -');
      } else {
        this.standIn(name, TOPIC_RETENTION_MS);
      }
    }
  }

  #declare({ id, properties, at, name }: Resource, problems: Problems): void {
    const { Name, ShardCount, RetentionPeriodHours = 24, StreamModeDetails } = properties;
    if (!NAME.test(name) || (Name !== undefined && name === id && Name !== id)) {
      problems.add([...at, 'Name'], 'must be 1 to 128 letters, digits, _, . or -');
    }
    if (this.#streams.has(name)) problems.add([...at, 'Name'], `a second stream named ${name}`);
    const given = this.#settings.get(name);
    const onDemand = Object(StreamModeDetails).StreamMode === 'ON_DEMAND';
    if (!onDemand && given !== undefined) {
      problems.add([...SETTINGS, name, 'partitions'], `ShardCount of ${id} under resources says how many`);
    }
    if (onDemand && ShardCount !== undefined) {
      problems.add([...at, 'ShardCount'], 'must not be given in on-demand mode');
    }
    const partitions = onDemand
      ? (given ?? ON_DEMAND_PARTITIONS)
      : whole(1, 1000)(ShardCount, [...at, 'ShardCount'], problems);
    const hours = whole(24, 8760)(RetentionPeriodHours, [...at, 'RetentionPeriodHours'], problems);
    this.#streams.set(name, { name, partitions: partitions ?? 1, retentionMs: (hours ?? 24) * HOUR });
  }
}
