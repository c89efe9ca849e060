/** Event source mappings as serverless.yml gives them: what comes of an `events:` entry, or why it is refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadManifest } from '../../runtime/manifest/load.js';
import type { FunctionManifest, ManifestError, StreamTrigger } from '../../runtime/manifest/manifest.js';

/** An entry under `events:`, and what else of the file it needs. */
export interface Entry {
  readonly event: object;
  /** `Properties` of the mapping in `resources.extensions`: what the packager has no word for. */
  readonly extension?: Readonly<Record<string, unknown>>;
  /** Settings of the function. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export const kinesis = (settings: object = {}, extension?: Entry['extension']): Entry => ({
  event: { stream: { type: 'kinesis', arn: { 'Fn::GetAtt': ['Telemetry', 'Arn'] }, ...settings } },
  ...(extension === undefined ? {} : { extension }),
});

export const kafka = (settings: object = {}, extension?: Entry['extension']): Entry => ({
  event: {
    kafka: {
      bootstrapServers: ['kafka:9092'],
      topic: 'orders',
      accessConfigurations: { saslScram512Auth: ['arn:aws:secretsmanager:us-east-1:123456789012:secret:x'] },
      ...settings,
    },
  },
  ...(extension === undefined ? {} : { extension }),
});

export const sqs = (settings: object = {}, queue = 'Jobs'): Entry => ({
  event: { sqs: { arn: { 'Fn::GetAtt': [queue, 'Arn'] }, ...settings } },
});

/** A failure destination of a stream: a queue of the file. */
export const toQueue = (queue = 'Dead') => ({
  destinations: { onFailure: { arn: { 'Fn::GetAtt': [queue, 'Arn'] }, type: 'sqs' } },
});

/** The functions of a file that must be sound, one per entry. */
export async function functionsOf(...entries: readonly Entry[]): Promise<readonly FunctionManifest[]> {
  return (await withFile(entries, (file) => loadManifest(file, {}))).functions;
}

/** The mappings of a file that must be sound, one per entry. */
export async function mappingsOf(...entries: readonly Entry[]): Promise<readonly StreamTrigger[]> {
  return (await functionsOf(...entries)).map(({ triggers }) => triggers[0] as StreamTrigger);
}

/** Why each entry is refused; null for one that is not. At least one must be. */
export async function refusalsOf(...entries: readonly Entry[]): Promise<readonly (string | null)[]> {
  const problems = await withFile(entries, async (file) => {
    try {
      await loadManifest(file, {});
    } catch (error) {
      return (error as ManifestError).problems;
    }
    throw new Error('nothing was refused');
  });
  return entries.map((_, index) => {
    const own = problems.filter(({ path }) =>
      new RegExp(`\\b(fn${index}|Fn${index}EventSource\\w*)\\b`).test(path),
    );
    return own.length === 0 ? null : own.map(({ path, reason }) => `${path}: ${reason}`).join('\n');
  });
}

async function withFile<T>(entries: readonly Entry[], use: (file: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
  try {
    mkdirSync(join(root, 'src'));
    const functions: Record<string, object> = {};
    const extensions: Record<string, object> = {};
    for (const [index, { event, extension, settings }] of entries.entries()) {
      writeFileSync(join(root, `src/fn${index}.js`), 'exports.handler = async () => {};\n');
      functions[`fn${index}`] = {
        handler: `src/fn${index}.handler`,
        timeout: 6,
        ...settings,
        events: [event],
      };
      if (extension !== undefined) extensions[mappingId(index, event)] = { Properties: extension };
    }
    const file = join(root, 'serverless.yml');
    writeFileSync(file, stringify({ ...BASE, functions, resources: { ...BASE.resources, extensions } }));
    return await use(file);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The packager's name of the mapping. */
function mappingId(index: number, event: object): string {
  return 'kafka' in event
    ? `Fn${index}EventSourceMappingKafkaOrders`
    : `Fn${index}EventSourceMappingKinesisTelemetryArn`;
}

const BASE = {
  service: 'conformance',
  provider: { name: 'aws', runtime: 'nodejs20.x' },
  resources: {
    Resources: {
      Telemetry: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'telemetry', ShardCount: 2 } },
      Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
      Ordered: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'ordered.fifo', FifoQueue: true } },
      Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
      DeadInOrder: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead.fifo', FifoQueue: true } },
    },
  },
};
