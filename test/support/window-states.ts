/** The states of tumbling windows in memory. */
import type { WindowState, WindowStates } from '../../stores/window-states.js';

export function memoryWindowStates(): WindowStates {
  const rows = new Map<string, WindowState>();
  return {
    load: (group, partition) => rows.get(`${partition} ${group}`),
    save: (group, partition, state) => void rows.set(`${partition} ${group}`, state),
    close: () => rows.clear(),
  };
}
