/** How environments are opened, by the function's isolation. */
import type { OpenChannel } from './channel.js';
import { openInline } from './inline-channel.js';
import { openProcess } from './process-channel.js';
import type { EnvironmentSpec } from './protocol.js';
import { openThread } from './thread-channel.js';

const CHANNELS: Readonly<Record<EnvironmentSpec['isolation'], OpenChannel>> = {
  worker: openThread,
  process: openProcess,
  inline: openInline,
};

export const openChannel: OpenChannel = (spec, events) => CHANNELS[spec.isolation](spec, events);
