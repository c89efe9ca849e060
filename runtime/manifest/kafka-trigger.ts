/**
 * `kafka:` and `msk:` entries: event source mappings from a topic of a cluster of one's own, or of Amazon's. A local
 * stream of the topic's name stands in.
 *
 * The packager has no word for Kafka's error controls; they are read from `resources.extensions`.
 */

import type { PathKeys, Problems } from '../../common/problems.js';
import { readArn } from './arn.js';
import { TOPIC_RETENTION_MS } from './local-streams.js';
import { clusterNameToken } from './logical-ids.js';
import type { StreamTrigger } from './manifest.js';
import { type GivenMapping, givenOf, mappingOf } from './mapping-rules.js';
import { logicalIds } from './osls.js';
import { ACCOUNT } from './resources.js';
import type { TriggerContext } from './trigger-context.js';
import { isObject, refuseOthers, text, whole } from './values.js';

const KEYS = [
  'batchSize',
  'enabled',
  'filterPatterns',
  'startingPosition',
  'startingPositionTimestamp',
] as const;
const COMMON = [...KEYS, 'topic', 'maximumBatchingWindow', 'consumerGroupId', 'provisionedPollerConfig'];
const KNOWN = {
  kafka: [...COMMON, 'accessConfigurations', 'bootstrapServers', 'onFailureDestination'],
  msk: [...COMMON, 'arn', 'saslScram512'],
};
const ACCESS = [
  'clientCertificateTlsAuth',
  'saslPlainAuth',
  'saslScram256Auth',
  'saslScram512Auth',
  'serverRootCaCertificate',
  'vpcSecurityGroup',
  'vpcSubnet',
];
/** Lambda takes no longer for a function of a Kafka trigger. */
const LONGEST_TIMEOUT_MS = 840_000;
const CLUSTERS = ['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster'];

/** One trigger, or none when a problem was added. */
export function kafkaTrigger(
  value: unknown,
  kind: 'kafka' | 'msk',
  at: PathKeys,
  context: TriggerContext,
): StreamTrigger[] {
  const { problems, extensions, destinations, streams, now, functionName } = context;
  if (!isObject(value)) {
    problems.add(at, `must be a mapping with ${kind === 'kafka' ? 'bootstrapServers' : 'arn'} and topic`);
    return [];
  }
  const before = problems.list.length;
  refuseOthers(value, KNOWN[kind], at, problems);
  const topic = text(/^[\w.-]{1,128}$/, 'a topic of 1 to 128 letters, digits, _, . or -')(
    value.topic,
    [...at, 'topic'],
    problems,
  );
  const cluster = kind === 'kafka' ? ownCluster(value, at, problems) : amazonCluster(value.arn, at, context);
  checkAwsSettings(value, kind, at, problems);
  if (context.timeoutMs > LONGEST_TIMEOUT_MS) {
    problems.add(
      ['functions', functionName, 'timeout'],
      'must be at most 840 (14 minutes) with a Kafka trigger',
    );
  }
  const given = givenOf(value, KEYS, at);
  // The packager leaves a 0 out, so AWS falls back to half a second: it is no window of 0.
  if (value.maximumBatchingWindow !== undefined && value.maximumBatchingWindow !== 0) {
    given.set('batchWindow', { value: value.maximumBatchingWindow, at: [...at, 'maximumBatchingWindow'] });
  }
  if (value.onFailureDestination !== undefined) {
    given.set('onFailure', { value: value.onFailureDestination, at: [...at, 'onFailureDestination'] });
  }
  extensions.merge(logicalIdOf(value, kind, functionName), 'kafka', given as GivenMapping);
  const source = topic === undefined ? {} : { source: topic };
  const allowed = { buckets: true, fifo: false, notTopic: topic ?? '', ...source };
  const mapping = mappingOf(given, { kind: 'kafka', at, destinations, allowed, now }, problems);
  if (topic === undefined || cluster === undefined || problems.list.length > before) return [];
  streams.standIn(topic, TOPIC_RETENTION_MS);
  return [{ type: 'stream', source: 'kafka', stream: topic, ...cluster, ...mapping }];
}

type Cluster = Pick<StreamTrigger, 'arn' | 'bootstrapServers'>;

/** A cluster of one's own has no ARN: its functions see the servers. */
function ownCluster(value: Record<string, unknown>, at: PathKeys, problems: Problems): Cluster | undefined {
  const { bootstrapServers, accessConfigurations } = value;
  if (!isObject(accessConfigurations) || Object.keys(accessConfigurations).length === 0) {
    problems.add([...at, 'accessConfigurations'], `must have one of ${ACCESS.join(', ')}`);
  } else {
    const place = [...at, 'accessConfigurations'];
    refuseOthers(accessConfigurations, ACCESS, place, problems);
    for (const key of ACCESS) {
      const values = [accessConfigurations[key] ?? 'none'].flat();
      if (values.length === 0 || !values.every((value) => typeof value === 'string')) {
        problems.add([...place, key], 'must be a list of one at least');
      }
    }
    const { vpcSubnet, vpcSecurityGroup } = accessConfigurations;
    if ((vpcSubnet === undefined) !== (vpcSecurityGroup === undefined)) {
      const missing = vpcSubnet === undefined ? 'vpcSubnet' : 'vpcSecurityGroup';
      problems.add([...place, missing], 'vpcSubnet and vpcSecurityGroup go together');
    }
  }
  const servers = [bootstrapServers ?? []].flat();
  if (servers.length === 0 || !servers.every((server) => typeof server === 'string' && server !== '')) {
    problems.add([...at, 'bootstrapServers'], 'must be a list of servers such as kafka-1.example.org:9092');
    return undefined;
  }
  return { arn: '', bootstrapServers: servers as string[] };
}

/** Functions see an Amazon cluster's ARN and its servers, which are made up. */
function amazonCluster(
  value: unknown,
  at: PathKeys,
  { resources, problems }: TriggerContext,
): Cluster | undefined {
  const imported = isObject(value) ? value['Fn::ImportValue'] : undefined;
  const made = `arn:aws:kafka:${resources.region}:${ACCOUNT}:cluster/${String(imported)}/00000000-0000-0000-0000-000000000000-1`;
  const arn = readArn(
    imported === undefined ? value : made,
    [...at, 'arn'],
    resources,
    CLUSTERS,
    'the ARN of a cluster, or !Ref or Fn::ImportValue of one',
    problems,
  );
  if (arn === undefined) return undefined;
  const name = /^cluster\/([^/]+)/.exec(arn.resource)?.[1];
  if (arn.service !== 'kafka' || name === undefined) {
    problems.add([...at, 'arn'], `must be the ARN of a cluster, this one is of ${arn.service}`);
    return undefined;
  }
  const region = arn.text.split(':')[3];
  const bootstrapServers = [1, 2].map((n) => `b-${n}.${name}.kafka.${region}.amazonaws.com:9098`);
  return { arn: arn.text, bootstrapServers };
}

/** They say how AWS connects and polls; checked as AWS would, without effect here. */
function checkAwsSettings(
  { consumerGroupId, provisionedPollerConfig, saslScram512 }: Record<string, unknown>,
  kind: 'kafka' | 'msk',
  at: PathKeys,
  problems: Problems,
): void {
  if (consumerGroupId !== undefined) {
    const group = text(/^[\w/*:+=.@-]{1,200}$/, '1 to 200 letters, digits or any of -/*:_+=.@');
    group(consumerGroupId, [...at, 'consumerGroupId'], problems);
  }
  if (saslScram512 !== undefined) {
    text(/^arn:/, 'the ARN of a secret')(saslScram512, [...at, 'saslScram512'], problems);
  }
  if (provisionedPollerConfig === undefined) return;
  const place = [...at, 'provisionedPollerConfig'];
  if (!isObject(provisionedPollerConfig)) {
    problems.add(place, 'must have minimumPollers or maximumPollers');
    return;
  }
  refuseOthers(provisionedPollerConfig, ['minimumPollers', 'maximumPollers'], place, problems);
  const { minimumPollers = 1, maximumPollers = 200 } = provisionedPollerConfig;
  // The packager's own bounds for an Amazon cluster are narrower at the top and wider at the bottom than Lambda's.
  const least = whole(1, 200)(minimumPollers, [...place, 'minimumPollers'], problems);
  const most = whole(1, kind === 'msk' ? 1000 : 2000)(maximumPollers, [...place, 'maximumPollers'], problems);
  if (least !== undefined && most !== undefined && least > most) {
    problems.add([...place, 'minimumPollers'], 'must not be above maximumPollers');
  }
}

function logicalIdOf({ arn, topic }: Record<string, unknown>, kind: string, functionName: string): string {
  return kind === 'kafka'
    ? logicalIds.getKafkaEventLogicalId(functionName, String(topic))
    : logicalIds.getMSKEventLogicalId(functionName, clusterNameToken(arn), String(topic));
}
