/**
 * Destinations as the manifest names them: a stream, a file or a webhook in place of a queue, topic or bucket.
 */
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Timers } from '../../common/clock.js';
import type { OutgoingRecord } from '../../functions/contract.js';
import { RecordKind } from '../../streams/record.js';
import type { DestinationManifest } from '../manifest/manifest.js';
import type { Destination } from './destination.js';
import { createLineFile } from './line-file.js';
import { createWebhook } from './webhook.js';

export interface DestinationDeps {
  /** Resolves when all records are durable in the stream. */
  append(stream: string, records: readonly OutgoingRecord[]): Promise<void>;
  /** Absolute; files of destinations are relative to it. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Of waits between attempts. */
  readonly timers: Timers;
  /** Epoch ms, on the clock that stamps arrival times. */
  time(): number;
}

export function openDestination(manifest: DestinationManifest, deps: DestinationDeps): Destination {
  const send = sender(manifest, deps);
  return {
    name: manifest.name,
    arn: manifest.arn,
    wantsPayload: manifest.settings.payload,
    send,
  };
}

function sender({ name, settings }: DestinationManifest, deps: DestinationDeps): Destination['send'] {
  if ('stream' in settings) {
    const { stream } = settings;
    return (document) => deps.append(stream, [recordOf(document, deps.time())]);
  }
  if ('file' in settings) {
    const file = createLineFile(resolve(deps.dataDir, settings.file));
    return (document) => file.append(JSON.stringify(document));
  }
  const undelivered = createLineFile(resolve(deps.dataDir, 'destinations', `${name}.undelivered.ndjson`));
  const post = createWebhook(name, settings.webhook, { log: deps.log, timers: deps.timers, undelivered });
  return (document) => post(JSON.stringify(document));
}

/** The key is the function's name: its failures stay in order. */
function recordOf(document: object, arrivalTime: number): OutgoingRecord {
  return {
    kind: RecordKind.acknowledged,
    arrivalTime,
    key: functionNameIn(document),
    value: Buffer.from(JSON.stringify(document)),
  };
}

/** `arn:aws:lambda:eu-west-1:123456789012:function:alert:$LATEST` -> `alert` */
function functionNameIn(document: object): string {
  const { requestContext } = document as { requestContext?: { functionArn?: unknown } };
  const arn = requestContext?.functionArn;
  return typeof arn === 'string' ? (arn.split(':')[6] ?? '') : '';
}
