/** The states of tumbling windows in memory. */
import type { WindowState, WindowStates } from '../../stores/window-states.js';

export function memoryWindowStates(): WindowStates {
  const rows = new Map<string, WindowState>();
  return {
    load: async (group, partition) => rows.get(`${partition} ${group}`),
    save: async (group, partition, state) => void rows.set(`${partition} ${group}`, state),
    close: async () => rows.clear(),
  };
}
