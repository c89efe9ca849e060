/** What reading a function's triggers needs to know of the rest of the file. */

import type { Problems } from '../../common/problems.js';
import type { Destinations } from './destinations.js';
import type { Extensions } from './extensions.js';
import type { LocalStreams } from './local-streams.js';
import type { Resources } from './resources.js';

/** Names of the functions' triggers are the manifest's own affair; these are shared by all functions. */
export interface WiringContext {
  readonly resources: Resources;
  readonly streams: LocalStreams;
  readonly destinations: Destinations;
  readonly extensions: Extensions;
  readonly problems: Problems;
  /** Epoch ms. */
  readonly now: number;
}

export interface TriggerContext extends WiringContext {
  readonly functionName: string;
  readonly timeoutMs: number;
  /** Counts the function's entries of a kind from 1, as the packager does for their logical ids. */
  next(kind: string): number;
}
