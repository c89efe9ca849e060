/** Every destination of a manifest, by name. Streams are reached through the platform's host, as functions reach them. */
import type { Logger } from 'pino';
import { monotonicTimers } from '../../common/clock.js';
import { FrameWriter } from '../../streams/record.js';
import type { PlatformHost } from '../environments/environment.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Destination } from './destination.js';
import { type DestinationDeps, openDestination } from './open.js';

export interface DestinationsOptions {
  readonly platform: PlatformHost;
  /** Absolute. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Epoch ms. */
  readonly time: () => number;
}

export function openDestinations(
  { destinations }: Manifest,
  { platform, dataDir, log, time }: DestinationsOptions,
): ReadonlyMap<string, Destination> {
  const deps: DestinationDeps = {
    async append(stream, records) {
      const writer = new FrameWriter(4 * 1024);
      for (const record of records) writer.write(record);
      await platform({ method: 'append', stream, frames: writer.take() });
    },
    dataDir,
    log,
    timers: monotonicTimers,
    time,
  };
  return new Map(destinations.map((destination) => [destination.name, openDestination(destination, deps)]));
}
