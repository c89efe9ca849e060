/**
 * The way between an environment and its host. There are three (thread, process, inline); what they have in common is
 * this, so that everything else about environments is written once.
 */
import type { MillraceError } from '../../common/errors.js';
import type { Round } from './packing.js';
import type { Progress } from './progress.js';
import type { EnvironmentSpec, FromEnvironment, ToEnvironment } from './protocol.js';

export interface ChannelEvents {
  onMessage(message: FromEnvironment): void;
  /** Once: nothing comes any more, for whatever reason. Not called before `open` has returned. */
  onEnd(reason: MillraceError): void;
}

export interface Channel {
  /** Sends anything but a round. Wakes a frozen environment. */
  send(message: Exclude<ToEnvironment, { type: 'round' }>): void;
  /** Sends a round, which is whole with the environment when this has returned. */
  sendRound(id: number, round: Round, measure: boolean): void;
  progress(): Progress;
  /** Nothing of the environment runs until something is sent. Threads see to that themselves. */
  freeze(): void;
  /** Ends the environment at once, whatever it is doing; `onEnd` follows. */
  terminate(): void;
  /** Whether an invocation that takes too long can be ended. */
  readonly enforcesTimeout: boolean;
}

/** Starts an environment; its first message is `ready` or `failed`. */
export type OpenChannel = (spec: EnvironmentSpec, events: ChannelEvents) => Channel;
