/** What decides when the next publish goes out. */
import type { Publish } from '../plan/action.js';
import type { Channel } from './channel.js';
import type { Slot } from './slots.js';

export interface Loop {
  /** Connections of the beginning are still to come. */
  readonly isRamping: boolean;
  /** Resolves when everything was handed out, or after `stop`. */
  run(): Promise<void>;
  stop(): void;
  /** A connection may take more. */
  room(slot: Slot): void;
}

export interface LoopHost {
  /** Hands a publish to a channel, which the loop flushes. @param due epoch ms */
  deliver(device: number, publish: Publish, due: number, channel: Channel): void;
}
