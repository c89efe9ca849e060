import { join } from 'node:path';
import { openWindowStates } from '../../stores/sqlite/window-states.js';
import { withDirectory } from '../support/streams.js';
import { memoryWindowStates } from '../support/window-states.js';
import { windowStatesContract } from './window-states.contract.js';

describe('memory', () => windowStatesContract(async () => memoryWindowStates()));
describe('SQLite', () => windowStatesContract(async () => openWindowStates(':memory:')));

test('SQLite: a row is there again after the file was closed', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'windows.db');
    const window = { start: 0, end: 60_000, state: '"é"' };
    const first = openWindowStates(path);
    await first.save('f:s', 3, { next: 7n, window });
    await first.close();
    const again = openWindowStates(path);
    expect(await again.load('f:s', 3)).toEqual({ next: 7n, window });
    await again.close();
  }));
