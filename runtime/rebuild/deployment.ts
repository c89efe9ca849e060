/** A rebuild of a deployment's windows: opens what it stands on, and puts it back in order afterwards. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { codeOf, MillraceError } from '../../common/errors.js';
import { openStores } from '../../stores/open.js';
import { lockDirectory } from '../../streams/embedded/directory-lock.js';
import { TELEMETRY } from '../consumers.js';
import { loadManifest } from '../manifest/load.js';
import { openStreams } from '../open-streams.js';
import type { DeploymentOptions } from '../options.js';
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
  const { dataDir, backing } = options;
  const manifest = await loadManifest(options.manifestFile, process.env);
  const log = pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true }));
  const undo = undoable();
  try {
    if (backing.database === null) {
      if (!existsSync(join(dataDir, 'millrace.json'))) {
        throw new MillraceError(`there is no data of Millrace in ${dataDir}`, {
          code: 'REBUILD_NO_DATA',
          hint: 'Name the data directory with --data-dir.',
        });
      }
      const lock = locked(dataDir);
      undo.add(() => lock.release());
    }
    const { streams } = await openStreams(manifest, options, log, undo);
    const source = streams.get(TELEMETRY);
    if (source === undefined) {
      throw new MillraceError(`${manifest.file} declares no stream '${TELEMETRY}'`, {
        code: 'STREAM_MISSING',
      });
    }
    const stored =
      backing.database === null
        ? openStores({ kind: 'sqlite', directory: join(dataDir, 'stores') })
        : openStores({ kind: 'postgres', url: backing.database });
    undo.add(() => stored.close());
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

function locked(dataDir: string): ReturnType<typeof lockDirectory> {
  try {
    return lockDirectory(dataDir);
  } catch (error) {
    if (codeOf(error) !== 'DATA_DIR_LOCKED') throw error;
    throw new MillraceError(`a deployment is running on ${dataDir}: its log and stores are its own`, {
      code: 'DATA_DIR_LOCKED',
      hint: 'Stop it, or copy the data directory while it is stopped and rebuild the copy (--data-dir).',
      cause: error,
    });
  }
}
