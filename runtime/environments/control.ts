/** What a host and its thread agree on before anything is said. */
import type { EnvironmentSpec } from './protocol.js';

/** What a thread is started with. */
export interface ThreadData {
  readonly spec: EnvironmentSpec;
  readonly control: SharedArrayBuffer;
}

/** Control memory: index (of 32-bit words) of how many messages the host has sent; at byte 8 the progress. */
export const SENT = 0;
export const CONTROL_PROGRESS = 8;

/** A thread or process needs some heap before the function gets any. */
export const MIN_HEAP_MB = 64;
