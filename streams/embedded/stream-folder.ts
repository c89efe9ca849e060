/** The folder of one stream, and what it says about the stream: `stream.json`. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, MillraceError } from '../../common/errors.js';
import type { LogFiles } from './files.js';

const FORMAT = 1;

/** Makes or checks the stream's folder and returns its path. Throws `PARTITIONS_CHANGED` or `STREAM_FORMAT`. */
export async function openStreamFolder(
  dataDirectory: string,
  name: string,
  partitions: number,
  files: LogFiles,
): Promise<string> {
  const folder = join(dataDirectory, 'streams', name);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'stream.json');
  const stored = await readStored(path);
  if (stored === undefined && (await readdir(folder)).some((file) => file.endsWith('.log'))) {
    throw new MillraceError(`${path} is missing`, {
      code: 'STREAM_FORMAT',
      hint: `Restore it, or write {"format":${FORMAT},"partitions":N} with the stream's former number.`,
    });
  }
  if (stored !== undefined && stored.format !== FORMAT) {
    throw new MillraceError(`${path} has format ${stored.format}, this Millrace knows ${FORMAT}`, {
      code: 'STREAM_FORMAT',
      hint: 'Start a Millrace at least as new as the one that wrote this data directory.',
    });
  }
  if (stored !== undefined && stored.partitions > partitions) {
    throw new MillraceError(
      `stream ${name} has ${stored.partitions} partitions on disk and cannot shrink to ${partitions}`,
      {
        code: 'PARTITIONS_CHANGED',
        hint: `Set its partitions to ${stored.partitions} again, or start with another data directory.`,
      },
    );
  }
  if (stored?.partitions !== partitions) {
    await files.replace(path, Buffer.from(`${JSON.stringify({ format: FORMAT, partitions })}\n`));
  }
  return folder;
}

async function readStored(path: string): Promise<{ format: number; partitions: number } | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { format, partitions } = JSON.parse(text) as { format?: unknown; partitions?: unknown };
    if (typeof format === 'number' && typeof partitions === 'number') return { format, partitions };
  } catch {
    // Not JSON: the same answer as for JSON of another shape, below.
  }
  throw new MillraceError(`${path} is damaged`, {
    code: 'STREAM_FORMAT',
    hint: `Restore it, or write {"format":${FORMAT},"partitions":N} with the stream's former number.`,
  });
}
