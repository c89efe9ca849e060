/** What a lane is given: its mapping's trigger and dependencies, and which of the mapping's lanes it is. */
import type { Logger } from 'pino';
import type { Timers } from '../../common/clock.js';
import type { WindowStates } from '../../stores/window-states.js';
import type { Checkpoints } from '../../streams/checkpoints.js';
import type { StreamSource } from '../../streams/stream.js';
import type { Destination } from '../destinations/destination.js';
import type { EventSource, FunctionPool } from '../environments/invocation.js';
import type { StreamTrigger } from '../manifest/manifest.js';
import type { Alarm } from './alarm.js';
import type { RecordFilter } from './filters/filter.js';
import type { MappingStats } from './mapping.js';
import type { PayloadSizes } from './payload-size.js';
import type { RetryRules } from './progress.js';

export interface LaneContext {
  readonly functionName: string;
  readonly functionArn: string;
  readonly trigger: StreamTrigger;
  readonly partition: number;
  readonly lane: number;
  /** Consumer group of the lane. */
  readonly group: string;
  readonly source: EventSource;
  readonly rules: RetryRules;
  readonly sizes: PayloadSizes;
  readonly stream: StreamSource;
  readonly invoke: FunctionPool['processBatch'];
  readonly checkpoints: Checkpoints;
  readonly destination: Destination | undefined;
  readonly filter: RecordFilter | null;
  /** With tumbling windows only. */
  readonly windowStates: WindowStates | undefined;
  readonly log: Logger;
  readonly timers: Timers;
  readonly alarm: Alarm;
  /** Epoch ms of the stream's clock. */
  readonly time: () => number;
  /** Shared by the lanes of the mapping. */
  readonly stats: MappingStats;
}
