/** Serves what functions ask of their platform (see `functions/contract.ts`), on the host's side of the thread. */
import { MillraceError } from '../common/errors.js';
import type { DeploymentStatus, MqttMessage } from '../functions/contract.js';
import { partitionOf } from '../streams/partitioner.js';
import { FrameCursor, RecordKind } from '../streams/record.js';
import type { Stream } from '../streams/stream.js';
import type { PlatformHost } from './environments/environment.js';

export interface PlatformHostOptions {
  readonly streams: ReadonlyMap<string, Stream>;
  readonly send: (message: MqttMessage) => Promise<void>;
  readonly status: () => Promise<DeploymentStatus>;
}

export function createPlatformHost(options: PlatformHostOptions): PlatformHost {
  const streamOf = (name: string) => {
    const stream = options.streams.get(name);
    if (stream !== undefined) return stream;
    throw new MillraceError(`there is no stream '${name}'`, {
      code: 'STREAM_UNKNOWN',
      hint: 'Declare it under resources in serverless.yml.',
    });
  };
  return async (call) => {
    switch (call.method) {
      case 'append':
        return appendFrames(streamOf(call.stream), call.frames);
      case 'appendTick':
        return appendTick(streamOf(call.stream), call.time);
      case 'publish':
        await Promise.all(call.messages.map((message) => options.send(message)));
        return undefined;
      case 'status':
        return options.status();
    }
  };
}

function appendFrames(stream: Stream, frames: Uint8Array): Promise<undefined> {
  const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
  const cursor = new FrameCursor(bytes);
  return collect((done) => {
    let appended = 0;
    while (cursor.next()) {
      const key = cursor.key();
      const { kind, arrivalTime } = cursor;
      const headers = cursor.headers();
      const record = {
        kind,
        arrivalTime,
        key,
        value: cursor.value(),
        ...(headers === undefined ? {} : { headers }),
      };
      stream.append(partitionOf(key, stream.partitions), record, done);
      appended++;
    }
    return appended;
  });
}

function appendTick(stream: Stream, time: number): Promise<undefined> {
  const tick = { kind: RecordKind.tick, arrivalTime: time, key: '', value: new Uint8Array() };
  return collect((done) => {
    for (let partition = 0; partition < stream.partitions; partition++) stream.append(partition, tick, done);
    return stream.partitions;
  });
}

/** Resolves when as many callbacks as `start` returned have come without an error. */
function collect(start: (done: (error: Error | null) => void) => number): Promise<undefined> {
  return new Promise((resolve, reject) => {
    let left = Number.POSITIVE_INFINITY;
    let early = 0;
    const done = (error: Error | null) => {
      if (error !== null) reject(error);
      early++;
      if (early === left) resolve(undefined);
    };
    left = start(done);
    if (early === left) resolve(undefined);
  });
}
