/** The platform as a function inside an environment has it: its calls are messages to the host, its stores are local. */
import type { Logger } from 'pino';
import type { Platform } from '../../functions/contract.js';
import { openStores } from '../../stores/open.js';
import { FrameWriter } from '../../streams/record.js';
import { deserializeError } from './errors.js';
import type {
  EnvironmentSpec,
  FromEnvironment,
  PlatformCall,
  PlatformResults,
  ToEnvironment,
} from './protocol.js';

export interface PlatformClient {
  readonly platform: Platform;
  /** The host's answer to a call. */
  settle(answer: Extract<ToEnvironment, { type: 'answer' }>): void;
  close(): Promise<void>;
}

export type Send = (message: FromEnvironment, transfer?: ArrayBuffer[]) => void;

/** Buffers below this are copied by the structured clone for less than a transfer costs. */
const WORTH_TRANSFERRING = 16 * 1024;

export function createPlatformClient(spec: EnvironmentSpec, log: Logger, send: Send): PlatformClient {
  const stores = openStores(spec.stores);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;

  function call<M extends PlatformCall['method']>(
    request: Extract<PlatformCall, { method: M }>,
    transfer: ArrayBuffer[] = [],
  ): Promise<PlatformResults[M]> {
    const id = ++calls;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      send({ type: 'call', id, call: request }, transfer);
    });
  }

  return {
    platform: {
      settings: spec.settings,
      stores,
      log,
      append(stream, records) {
        if (records.length === 0) return Promise.resolve(undefined);
        const writer = new FrameWriter(4 * 1024);
        for (const record of records) writer.write(record);
        const frames = writer.take();
        const transfer = frames.length < WORTH_TRANSFERRING ? [] : [frames.buffer as ArrayBuffer];
        return call<'append'>({ method: 'append', stream, frames }, transfer);
      },
      appendTick: (stream, time) => call<'appendTick'>({ method: 'appendTick', stream, time }),
      publish: (messages) =>
        messages.length === 0 ? Promise.resolve(undefined) : call<'publish'>({ method: 'publish', messages }),
      status: () => call<'status'>({ method: 'status' }),
    },
    settle({ id, value, error }) {
      const caller = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) caller?.resolve(value);
      else caller?.reject(deserializeError(error));
    },
    close: () => stores.close(),
  };
}
