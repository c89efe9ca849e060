/** Opening a SQLite file: environments that start together do it at the same moment. Needs `npm run build`. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { temporaryDirectory } from '../../support/product.js';
import { projectRoot } from '../../support/project-root.js';

/** Waits until all are there, then opens; answers `ok` or the error's code. */
const OPENER = `
  import { parentPort, workerData } from 'node:worker_threads';
  const { openSqlite } = await import(workerData.module);
  Atomics.add(workerData.gate, 0, 1);
  while (Atomics.load(workerData.gate, 0) < workerData.openers);
  try {
    openSqlite(workerData.path, ['CREATE TABLE t (a)']).close();
    parentPort.postMessage('ok');
  } catch (error) {
    parentPort.postMessage(error.code);
  }
`;
const OPENERS = 3;

function open(path: string, gate: Int32Array): Promise<string> {
  const module = pathToFileURL(join(projectRoot, 'dist', 'stores', 'sqlite', 'database.js')).href;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(OPENER)}`), {
    workerData: { path, gate, module, openers: OPENERS },
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

test('several threads open a new file at the same moment, and each can', async () => {
  const directory = temporaryDirectory();
  for (let round = 0; round < 10; round++) {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const path = join(directory, `${round}.db`);
    const opened = await Promise.all(Array.from({ length: OPENERS }, () => open(path, gate)));
    expect(opened).toEqual(Array(OPENERS).fill('ok'));
  }
}, 60_000);
