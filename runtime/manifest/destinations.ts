/**
 * Destinations of failed records and of asynchronous invocations: queues, topics and buckets of AWS, each with what
 * stands in for it on one machine (`custom.millrace.destinations`, by name; by default a file).
 *
 * Collected while triggers and functions are read; `finish` answers them once all streams are known.
 */

import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';
import type { DestinationSettings } from '../../common/settings.js';
import { type Arn, readArn } from './arn.js';
import { type LocalStreams, TOPIC_RETENTION_MS } from './local-streams.js';
import type { DestinationManifest } from './manifest.js';
import type { Resources } from './resources.js';
import { isObject, refuseOthers } from './values.js';

const SETTINGS = ['custom', 'millrace', 'destinations'] as const;
const TYPES = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket'];
const WANTED =
  'the ARN of a queue or topic, or !GetAtt <queue>.Arn or !Ref <topic> of one under resources (with its type)';

/** A destination's settings as the file has them: whether payloads are wanted may be left to the kind. */
export type GivenDestination = { readonly payload?: boolean } & (
  | { readonly stream: string }
  | { readonly file: string }
  | { readonly webhook: string }
);

interface Found {
  readonly name: string;
  readonly arn: string;
  readonly fallback: DestinationSettings;
}

/** Which destinations a place takes besides standard queues and topics. */
export interface Allowed {
  /** Buckets: only failures go there. */
  readonly buckets: boolean;
  /** A queue's own dead-letter queue is FIFO exactly when the queue is. */
  readonly fifo: boolean;
  /** `kafka://<topic>`; names the source's topic, which it must not be. */
  readonly notTopic?: string;
  /** Name of the local stream that the failed records are in. */
  readonly source?: string;
}

export class Destinations {
  readonly #found = new Map<string, Found>();
  readonly #sources: { readonly name: string; readonly source: string }[] = [];

  constructor(
    private readonly resources: Resources,
    private readonly streams: LocalStreams,
    private readonly problems: Problems,
  ) {}

  /**
   * @param value an ARN, a reference, or `{ arn, type }` of either
   * @returns the destination's name, or undefined when a problem was added
   */
  read(value: unknown, at: PathKeys, allowed: Allowed): string | undefined {
    const kafka = typeof value === 'string' ? /^kafka:\/\/(.*)$/.exec(value)?.[1] : undefined;
    if (kafka !== undefined) return this.#topic(kafka, at, allowed);
    const typed = isObject(value) && ('arn' in value || 'type' in value);
    if (typed) refuseOthers(value, ['arn', 'type'], at, this.problems);
    const place = typed ? [...at, 'arn'] : at;
    const arn = readArn(typed ? value.arn : value, place, this.resources, TYPES, WANTED, this.problems);
    if (typed && isObject(value.arn) && value.type === undefined) {
      this.problems.add([...at, 'type'], 'is needed with a reference: sqs or sns');
    }
    if (arn === undefined) return undefined;
    if (typed && value.type !== undefined && value.type !== arn.service) {
      this.problems.add([...at, 'type'], `is ${String(value.type)}, but the ARN is of ${arn.service}`);
      return undefined;
    }
    return this.take(arn, place, allowed);
  }

  /** As `read`, of an ARN already read. */
  take(arn: Arn, at: PathKeys, allowed: Allowed): string | undefined {
    const { service, resource: name, declared } = arn;
    const known = service === 'sqs' || service === 'sns' || (service === 's3' && allowed.buckets);
    if (!known) {
      this.problems.add(at, `${service} cannot be a destination here: only ${kinds(allowed)}`);
      return undefined;
    }
    const { FifoQueue, FifoTopic } = declared?.properties ?? {};
    const fifo = name.endsWith('.fifo') || String(FifoQueue ?? FifoTopic) === 'true';
    if (fifo !== allowed.fifo) {
      this.problems.add(
        at,
        fifo
          ? `${name} is a FIFO ${service === 'sqs' ? 'queue' : 'topic'}, AWS takes only standard ones`
          : `${name} is no FIFO queue, as the dead-letter queue of a FIFO queue has to be`,
      );
      return undefined;
    }
    // AWS sends a bucket the failed records themselves; queues and topics get metadata only.
    const fallback = { file: `destinations/${name}.ndjson`, payload: service === 's3' };
    return this.#add({ name, arn: arn.text, fallback }, at, allowed);
  }

  /** To be called when every trigger has been read; adds problems of `custom.millrace.destinations`. */
  finish(settings: Readonly<Record<string, GivenDestination>>): DestinationManifest[] {
    const names = [...this.#found.keys()];
    for (const [name, given] of Object.entries(settings)) {
      const at = [...SETTINGS, name];
      if (!this.#found.has(name)) {
        this.problems.add(at, `no such destination${suggestion(name, names)}`);
      } else if ('stream' in given && !this.streams.has(given.stream)) {
        this.problems.add(
          [...at, 'stream'],
          `no stream ${given.stream}${suggestion(given.stream, this.streams.names)} ` +
            `(custom.millrace.streams.${given.stream}.partitions makes one)`,
        );
      }
    }
    const result = [...this.#found.values()].map(({ name, arn, fallback }) => ({
      name,
      arn,
      settings: { ...(settings[name] ?? fallback), payload: settings[name]?.payload ?? fallback.payload },
    })) as DestinationManifest[];
    for (const { name, source } of this.#sources) {
      const target = result.find((destination) => destination.name === name)?.settings;
      if (target !== undefined && 'stream' in target && target.stream === source) {
        this.problems.add(
          [...SETTINGS, name, 'stream'],
          `${source} is where the failed records are read from: they would fail again and again`,
        );
      }
    }
    return result;
  }

  #topic(topic: string, at: PathKeys, { notTopic, ...allowed }: Allowed): string | undefined {
    if (notTopic === undefined) {
      this.problems.add(at, 'a topic can be a destination of Kafka triggers only');
    } else if (!/^[\w.-]{1,128}$/.test(topic)) {
      this.problems.add(at, 'must be kafka:// and a topic of 1 to 128 letters, digits, _, . or -');
    } else if (topic === notTopic) {
      this.problems.add(at, `${topic} is the topic that the failed records are read from`);
    } else {
      this.streams.standIn(topic, TOPIC_RETENTION_MS);
      const fallback = { stream: topic, payload: true };
      return this.#add({ name: topic, arn: `kafka://${topic}`, fallback }, at, allowed);
    }
    return undefined;
  }

  #add(found: Found, at: PathKeys, { source }: Allowed): string | undefined {
    const other = this.#found.get(found.name);
    if (other !== undefined && other.arn !== found.arn) {
      this.problems.add(at, `a second destination named ${found.name}: the other is ${other.arn}`);
      return undefined;
    }
    this.#found.set(found.name, found);
    if (source !== undefined) this.#sources.push({ name: found.name, source });
    return found.name;
  }
}

function kinds({ buckets, notTopic }: Allowed): string {
  return `queues, topics${buckets ? ', buckets' : ''}${notTopic === undefined ? '' : ', kafka://<topic>'}`;
}
