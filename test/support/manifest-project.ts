/** A small sound project in a folder of its own; tests change a place in its serverless.yml and load it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { loadManifest } from '../../runtime/manifest/load.js';
import type { Manifest, ManifestError, Trigger } from '../../runtime/manifest/manifest.js';

export type Tree = { [key: string]: unknown };
export interface Content {
  service: string;
  provider: Tree;
  functions: Tree & { alert: Tree; tick: Tree; query: Tree };
  resources: { Resources: Tree; extensions?: Tree };
  custom: { millrace: Tree };
}

/** Saturday, 21 November 2026. */
export const NOW = Date.UTC(2026, 10, 21);

export const getAtt = (id: string, attribute = 'Arn'): Tree => ({ 'Fn::GetAtt': [id, attribute] });
export const stream = (settings: Tree = {}): Tree => ({
  type: 'kinesis',
  arn: getAtt('Telemetry'),
  ...settings,
});
export const queue = (properties: Tree = {}): Tree => ({
  Type: 'AWS::SQS::Queue',
  Properties: { VisibilityTimeout: 60, ...properties },
});

export const sound = (): Content => ({
  service: 'test',
  provider: { name: 'aws', runtime: 'nodejs20.x', environment: { LEVEL: 1 } },
  functions: {
    alert: {
      handler: 'functions/alert/handler.handler',
      timeout: 20,
      events: [{ stream: stream() }],
    },
    tick: { handler: 'functions/tick/handler.handler', events: [{ schedule: 'rate(1 minute)' }] },
    query: { handler: 'functions/query/handler.handler', events: [{ httpApi: 'GET /devices/{id}' }] },
  },
  resources: {
    Resources: {
      Telemetry: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'telemetry', ShardCount: 4 } },
      Failed: queue({ QueueName: 'failed' }),
      FailedFifo: queue({ QueueName: 'failed.fifo', FifoQueue: true }),
      Alarms: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'alarms' } },
    },
  },
  custom: { millrace: {} },
});

export interface Project {
  readonly root: string;
  file(path: string, text: string): string;
  load(content: object | string, env?: Record<string, string>): Promise<Manifest>;
  /** The problems of a manifest that must be refused, as `path: reason` lines. */
  problems(content: object | string): Promise<string[]>;
  /** The triggers of function `alert` with this one entry under `events`. */
  triggers(event: unknown, change?: (content: Content) => void): Promise<readonly Trigger[]>;
  /** The problems that this one entry has. */
  refused(event: unknown, change?: (content: Content) => void): Promise<string[]>;
  remove(): void;
}

export function manifestProject(): Project {
  const root = mkdtempSync(join(tmpdir(), 'millrace-manifest-'));
  const project: Project = {
    root,
    file(path, text) {
      const full = join(root, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
      return full;
    },
    load(content, env = {}) {
      const text =
        typeof content === 'string' ? content : stringify(content, { aliasDuplicateObjects: false });
      return loadManifest(project.file('serverless.yml', text), env, NOW);
    },
    async problems(content) {
      const error = await project.load(content).then(
        () => undefined,
        (thrown: ManifestError) => thrown,
      );
      expect(error).toMatchObject({ code: 'MANIFEST_INVALID', file: join(root, 'serverless.yml') });
      for (const { path, reason } of error!.problems) {
        expect(error!.message).toContain(`${path || '(file)'}: ${reason}`);
      }
      return error!.problems.map(({ path, reason }) => `${path}: ${reason}`);
    },
    async triggers(event, change) {
      return (await project.load(withEvent(event, change))).functions[0]!.triggers;
    },
    refused: (event, change) => project.problems(withEvent(event, change)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  for (const name of ['alert', 'tick', 'query']) project.file(`functions/${name}/handler.ts`, '');
  return project;
}

function withEvent(event: unknown, change?: (content: Content) => void): Content {
  const content = sound();
  content.functions.alert.events = [event];
  change?.(content);
  return content;
}
