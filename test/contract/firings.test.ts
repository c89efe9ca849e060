import { openFirings } from '../../stores/sqlite/firings.js';
import { claimingProcesses } from '../support/claiming-processes.js';
import { withDirectory } from '../support/streams.js';
import { firingsContract } from './firings.contract.js';

describe('SQLite', () => {
  firingsContract(async () => openFirings(':memory:'));

  test('of processes that claim the same moments at the same time, one wins each', () =>
    withDirectory(async (directory) => {
      const won = await claimingProcesses({ kind: 'sqlite', directory }, 500);
      // A process may fall behind a later moment of the other one; that one is then the latest of those missed.
      const all = won.flat();
      expect(new Set(all).size).toBe(all.length);
      expect(Math.max(...all)).toBe(500);
    }));
});
