/**
 * What a deployment has stored, for commands that compute from its stream on the side: the manifest, the telemetry
 * stream and the stores.
 *
 * The embedded log and its stores belong to one process: a deployment that runs on them has to be stopped. Streams and
 * stores that are shared can be read beside their workers.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { codeOf, MillraceError } from '../common/errors.js';
import { openStores } from '../stores/open.js';
import type { Stores } from '../stores/stores.js';
import { lockDirectory } from '../streams/embedded/directory-lock.js';
import type { Stream } from '../streams/stream.js';
import { TELEMETRY } from './consumers.js';
import { loadManifest } from './manifest/load.js';
import type { Manifest } from './manifest/manifest.js';
import { openStreams } from './open-streams.js';
import type { DeploymentOptions } from './options.js';
import type { Undo } from './undo.js';

export interface StoredDeployment {
  readonly manifest: Manifest;
  /** Of telemetry. */
  readonly source: Stream;
  readonly stored: Stores;
}

/**
 * @param noData code of the error when there is nothing in the data directory
 * @param undo what closes it all again is added here
 * @throws MillraceError with that code, `DATA_DIR_LOCKED`, `STREAM_MISSING`, and those of what is opened
 */
export async function openStoredDeployment(
  options: Pick<DeploymentOptions, 'manifestFile' | 'dataDir' | 'backing'>,
  noData: string,
  log: Logger,
  undo: Undo,
): Promise<StoredDeployment> {
  const { dataDir, backing } = options;
  const manifest = await loadManifest(options.manifestFile, process.env);
  if (backing.database === null) {
    if (!existsSync(join(dataDir, 'millrace.json'))) {
      throw new MillraceError(`there is no data of Millrace in ${dataDir}`, {
        code: noData,
        hint: 'Name the data directory with --data-dir.',
      });
    }
    const lock = locked(dataDir);
    undo.add(() => lock.release());
  }
  const { streams } = await openStreams(manifest, options, log, undo);
  const source = streams.get(TELEMETRY);
  if (source === undefined) {
    throw new MillraceError(`${manifest.file} declares no stream '${TELEMETRY}'`, { code: 'STREAM_MISSING' });
  }
  const stored =
    backing.database === null
      ? openStores({ kind: 'sqlite', directory: join(dataDir, 'stores') })
      : openStores({ kind: 'postgres', url: backing.database });
  undo.add(() => stored.close());
  return { manifest, source, stored };
}

function locked(dataDir: string): ReturnType<typeof lockDirectory> {
  try {
    return lockDirectory(dataDir);
  } catch (error) {
    if (codeOf(error) !== 'DATA_DIR_LOCKED') throw error;
    throw new MillraceError(`a deployment is running on ${dataDir}: its log and stores are its own`, {
      code: 'DATA_DIR_LOCKED',
      hint: 'Stop it, or copy the data directory while it is stopped and name the copy (--data-dir).',
      cause: error,
    });
  }
}
