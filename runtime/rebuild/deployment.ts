/** A rebuild of a deployment's windows: opens what it stands on, and puts it back in order afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { openStores } from '../../stores/open.js';
import type { DeploymentOptions } from '../options.js';
import { openStoredDeployment } from '../stored-deployment.js';
import { undoable } from '../undo.js';
import type { Difference } from './comparison.js';
import { type RebuildOptions, type RebuildSummary, rebuildWindows } from './rebuild.js';

export type RebuildRequest = Pick<
  RebuildOptions,
  'from' | 'to' | 'definition' | 'deviceId' | 'apply' | 'now'
>;

/**
 * The embedded log and its stores belong to one process: a deployment that runs on them has to be stopped. Streams and
 * stores that are shared can be read beside their workers, as long as those do not aggregate meanwhile.
 *
 * @throws MillraceError `REBUILD_NO_DATA`, `DATA_DIR_LOCKED`, those of `rebuildWindows` and of what is opened
 */
export async function rebuildDeployment(
  options: Pick<DeploymentOptions, 'manifestFile' | 'dataDir' | 'backing' | 'logLevel'>,
  request: RebuildRequest,
  onDifference: (difference: Difference) => void,
): Promise<RebuildSummary> {
  const log = pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true }));
  const undo = undoable();
  try {
    const { manifest, source, stored } = await openStoredDeployment(options, 'REBUILD_NO_DATA', log, undo);
    const directory = await mkdtemp(join(tmpdir(), 'millrace-rebuild-'));
    undo.add(() => rm(directory, { recursive: true, force: true }));
    const rebuilt = openStores({ kind: 'sqlite', directory });
    undo.add(() => rebuilt.close());
    const { settings } = manifest;
    return await rebuildWindows({ settings, source, stored, rebuilt, log, ...request }, onDifference);
  } finally {
    await undo.all();
  }
}
