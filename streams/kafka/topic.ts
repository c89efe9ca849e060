/**
 * A stream's topic: made as declared, or found as declared. A topic with other partitions would send keys elsewhere
 * than on other engines, one with another retention would keep what should go or lose what should stay: both are
 * refused, and never changed behind their owner's back.
 */
import { createTopicsV7, describeConfigsV4 } from '@platformatic/kafka';
import { MillraceError } from '../../common/errors.js';
import type { DeclaredStream } from '../engine.js';
import type { KafkaClient, TopicInfo } from './client.js';
import { KafkaCode, kafkaCodeOf } from './errors.js';

export interface OpenedTopic {
  readonly name: string;
  /** Bytes that one batch of records may have. */
  readonly maxMessageBytes: number;
}

const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
const BROKERS_DEFAULT = -1;
const FOR_EVER = '-1';
const TOPIC_RESOURCE = 2;
const CREATE_TIMEOUT_MS = 10_000;

export async function openTopic(
  client: KafkaClient,
  declared: DeclaredStream,
  replicationFactor: number | undefined,
  withinMs: number,
): Promise<OpenedTopic> {
  const { name, partitions } = declared;
  if (!TOPIC_NAME.test(name)) {
    throw new MillraceError(`'${name}' cannot be the name of a Kafka topic`, {
      code: 'STREAM_CONFIG',
      hint: 'Use up to 249 letters, digits, dots, dashes and underscores.',
    });
  }
  const info = await client.retrying(`cannot open topic ${name}`, withinMs, async () => {
    const found = await client.refresh(name);
    if (found === undefined) await create(client, declared, replicationFactor);
    const topic = found ?? (await client.refresh(name));
    if (topic === undefined || topic.leaders.length === 0 || topic.leaders.some((leader) => leader < 0)) {
      throw new MillraceError('its partitions have no leaders yet', {
        code: 'TOPIC_MISSING',
        canRetry: true,
      });
    }
    return topic;
  });
  if (info.leaders.length !== partitions) {
    throw new MillraceError(
      `topic ${name} has ${info.leaders.length} partitions; serverless.yml declares ${partitions}`,
      {
        code: 'STREAM_PARTITIONS',
        hint:
          info.leaders.length < partitions
            ? `kafka-topics.sh --alter --topic ${name} --partitions ${partitions} adds them (keys then move); or declare ${info.leaders.length}.`
            : `Declare ${info.leaders.length}: a topic’s partitions cannot be taken away.`,
      },
    );
  }
  const configs = await client.retrying(`cannot read the settings of topic ${name}`, withinMs, () =>
    configsOf(client, name),
  );
  const problems = problemsOf(declared, replicationFactor, info, configs);
  if (problems.length > 0) {
    throw new MillraceError(`topic ${name}: ${problems.join('; ')}`, {
      code: 'STREAM_CONFIG',
      hint: 'Change the topic (kafka-configs.sh --alter), or what serverless.yml declares.',
    });
  }
  return { name, maxMessageBytes: Number(configs.get('max.message.bytes') ?? 1_048_588) };
}

async function create(
  client: KafkaClient,
  { name, partitions, retentionMs }: DeclaredStream,
  replicationFactor = BROKERS_DEFAULT,
): Promise<void> {
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: [],
    configs: [
      { name: 'retention.ms', value: retentionText(retentionMs) },
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'message.timestamp.type', value: 'CreateTime' },
    ],
  };
  try {
    await client.requestAny(createTopicsV7.api, [topic], CREATE_TIMEOUT_MS, false);
  } catch (error) {
    // Another process was faster: what it made is looked at like any other.
    if (kafkaCodeOf(error) !== KafkaCode.topicAlreadyExists) throw error;
  }
}

async function configsOf(client: KafkaClient, name: string): Promise<Map<string, string | null>> {
  const resource = {
    resourceType: TOPIC_RESOURCE,
    resourceName: name,
    configurationKeys: ['retention.ms', 'cleanup.policy', 'message.timestamp.type', 'max.message.bytes'],
  } as const;
  const asked = { ...resource, configurationKeys: [...resource.configurationKeys] };
  const { results } = await client.requestAny(describeConfigsV4.api, [asked], false, false);
  return new Map(results[0]?.configs.map(({ name: config, value }) => [config, value ?? null]));
}

function problemsOf(
  { retentionMs }: DeclaredStream,
  replicationFactor: number | undefined,
  { replicas }: TopicInfo,
  configs: ReadonlyMap<string, string | null>,
): string[] {
  const problems: string[] = [];
  const expect = (name: string, wanted: string, why: string) => {
    const found = configs.get(name);
    if (found !== wanted) problems.push(`${name} is ${found}, and should be ${wanted} (${why})`);
  };
  expect('retention.ms', retentionText(retentionMs), 'as declared');
  expect('cleanup.policy', 'delete', 'compaction would remove records that functions have not seen');
  expect('message.timestamp.type', 'CreateTime', 'a record’s timestamp is when its gateway let it in');
  if (replicationFactor !== undefined && replicas < replicationFactor) {
    problems.push(`it has ${replicas} replicas, and should have ${replicationFactor}`);
  }
  return problems;
}

function retentionText(retentionMs: number): string {
  return Number.isFinite(retentionMs) ? `${Math.round(retentionMs)}` : FOR_EVER;
}
