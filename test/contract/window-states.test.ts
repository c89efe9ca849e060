import { join } from 'node:path';
import { openWindowStates } from '../../stores/sqlite/window-states.js';
import type { WindowStates } from '../../stores/window-states.js';
import { withDirectory } from '../support/streams.js';
import { memoryWindowStates } from '../support/window-states.js';

describe.each<[string, () => WindowStates]>([
  ['memory', memoryWindowStates],
  ['SQLite', () => openWindowStates(':memory:')],
])('%s', (_, open) => {
  test('keeps the last position and window of each lane', () => {
    const states = open();
    expect(states.load('f:s', 0)).toBeUndefined();
    const window = { start: 1_700_000_000_000, end: 1_700_000_060_000, state: '{"n":1}' };
    states.save('f:s', 0, { next: 1n, window: null });
    states.save('f:s', 0, { next: 2n ** 60n + 1n, window });
    states.save('f:s', 1, { next: 5n, window: null });
    expect(states.load('f:s', 0)).toEqual({ next: 2n ** 60n + 1n, window });
    expect(states.load('f:s', 1)).toEqual({ next: 5n, window: null });
    expect(states.load('g:s', 0)).toBeUndefined();
    states.close();
  });
});

test('SQLite: a row is there again after the file was closed', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'windows.db');
    const window = { start: 0, end: 60_000, state: '"é"' };
    const first = openWindowStates(path);
    first.save('f:s', 3, { next: 7n, window });
    first.close();
    const again = openWindowStates(path);
    expect(again.load('f:s', 3)).toEqual({ next: 7n, window });
    again.close();
  }));
