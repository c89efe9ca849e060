/**
 * The section `resources`: what it declares, by logical id, with the names and ARNs that functions see, and what it
 * adds to the packager's own resources (`extensions`). Only streams, queues, topics and buckets matter locally; other
 * resources belong to AWS alone and are left to it.
 */

import type { PathKeys, Problems } from '../../common/problems.js';
import { evaluate } from './intrinsics.js';
import { isObject } from './values.js';

/** Stands in ARNs where AWS has the owner's account. */
export const ACCOUNT = '000000000000';

export interface Resource {
  readonly id: string;
  /** `AWS::SQS::Queue`. */
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Place of `properties` in the file. */
  readonly at: PathKeys;
  /** As declared; the logical id where AWS would make a name up. */
  readonly name: string;
  /** Empty for types that nothing local refers to. */
  readonly arn: string;
}

/** What `resources.extensions` says of one resource that the packager generates. */
export interface Extension {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly at: PathKeys;
}

export interface Resources {
  readonly region: string;
  /** By logical id, the service's functions included. */
  readonly byId: ReadonlyMap<string, Resource>;
  /** By the logical id of the generated resource. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

const NAME_KEYS: Readonly<Record<string, string>> = {
  'AWS::Kinesis::Stream': 'Name',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::MSK::Cluster': 'ClusterName',
  'AWS::MSK::ServerlessCluster': 'ClusterName',
};

/**
 * @param section one template, or a list of them
 * @param functions logical id -> name of the functions that the packager makes resources of
 */
export function resourcesOf(
  section: unknown,
  region: string,
  functions: ReadonlyMap<string, string>,
  problems: Problems,
): Resources {
  const byId = new Map<string, Resource>();
  const extensions = new Map<string, Extension>();
  const resources = { region, byId, extensions };
  for (const [id, name] of functions) {
    const type = 'AWS::Lambda::Function';
    byId.set(id, { id, type, properties: {}, at: ['functions', name], name, arn: arnOf(type, name, region) });
  }
  const list = Array.isArray(section);
  [section].flat().forEach((template, index) => {
    const at = list ? ['resources', index] : ['resources'];
    for (const [id, declared] of entriesOf(template, 'Resources', at, problems)) {
      const place = [...at, 'Resources', id, 'Properties'];
      byId.set(id, resourceOf(id, declared, place, resources));
    }
    for (const [id, { Properties }] of entriesOf(template, 'extensions', at, problems)) {
      if (!isObject(Properties)) continue;
      extensions.set(id, { properties: Properties, at: [...at, 'extensions', id, 'Properties'] });
    }
  });
  return resources;
}

function entriesOf(
  template: unknown,
  key: string,
  at: PathKeys,
  problems: Problems,
): [string, Record<string, unknown>][] {
  const section = Object(template)[key] ?? {};
  if (!isObject(section)) {
    problems.add([...at, key], 'must be a mapping of logical ids');
    return [];
  }
  return Object.entries(section).filter((entry): entry is [string, Record<string, unknown>] => {
    if (isObject(entry[1])) return true;
    problems.add([...at, key, entry[0]], 'must be a mapping');
    return false;
  });
}

function resourceOf(
  id: string,
  { Type, Properties }: Record<string, unknown>,
  at: PathKeys,
  resources: Resources,
): Resource {
  const type = String(Type);
  const properties = isObject(Properties) ? Properties : {};
  const key = NAME_KEYS[type];
  const name = (key === undefined ? undefined : evaluate(properties[key], resources)) ?? id;
  return { id, type, properties, at, name, arn: arnOf(type, name, resources.region) };
}

function arnOf(type: string, name: string, region: string): string {
  const in_ = (service: string, resource: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
  switch (type) {
    case 'AWS::Kinesis::Stream':
      return in_('kinesis', `stream/${name}`);
    case 'AWS::SQS::Queue':
      return in_('sqs', name);
    case 'AWS::SNS::Topic':
      return in_('sns', name);
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name}`;
    case 'AWS::DynamoDB::Table':
      return in_('dynamodb', `table/${name}`);
    case 'AWS::Lambda::Function':
      return in_('lambda', `function:${name}`);
    case 'AWS::MSK::Cluster':
    case 'AWS::MSK::ServerlessCluster':
      return in_('kafka', `cluster/${name}/00000000-0000-0000-0000-000000000000-1`);
    default:
      return '';
  }
}
