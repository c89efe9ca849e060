/** What a definition costs, as far as that does not depend on the events. */
import type { AggregationDefinition } from '../../../common/aggregations.js';
import { windowsPerEvent } from './window.js';

export interface DefinitionCost {
  /** How many windows every event changes. */
  readonly windowsPerEvent: number;
  /**
   * How many windows of a device or group are open, in memory and in the store, when it sends all the time: those that
   * fill up, and those that wait for late events. Of sessions: at the most, each as short as it can be.
   */
  readonly openWindows: number;
}

export function costOf({ window, allowedLatenessMs }: AggregationDefinition): DefinitionCost {
  return { windowsPerEvent: windowsPerEvent(window), openWindows: openWindows() };

  function openWindows(): number {
    switch (window.type) {
      case 'tumbling':
        return 1 + Math.ceil(allowedLatenessMs / window.sizeMs);
      case 'hopping':
        return Math.ceil((window.sizeMs + allowedLatenessMs) / window.everyMs);
      case 'session':
        return 1 + Math.ceil(allowedLatenessMs / window.gapMs);
      case 'last':
        return 1;
    }
  }
}
