import { join } from 'node:path';
import { openAsynchronousStore } from '../../stores/sqlite/asynchronous.js';
import { withDirectory } from '../support/streams.js';
import { asynchronousStoreContract } from './asynchronous-store.contract.js';

describe('SQLite', () => {
  asynchronousStoreContract(() => openAsynchronousStore(':memory:'));

  test('enqueues that wait together are all durable, and there for the next process', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'asynchronous.db');
      const store = openAsynchronousStore(path);
      const events = Array.from({ length: 20 }, (_, n) => ({
        functionName: 'fn',
        id: String(n),
        payload: Buffer.from('1'),
      }));
      expect(await Promise.all(events.map((event) => store.enqueue([event], 1)))).toEqual(Array(20).fill(1));
      // The file's handle is still open: opened again, it must show everything.
      const other = openAsynchronousStore(path);
      expect(other.counts('fn')).toEqual({ waiting: 20, reports: 0 });
      await other.close();
      await store.close();
    });
  });
});
