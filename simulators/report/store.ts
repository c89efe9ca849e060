/** Results as files: written whole or not at all, and read back with a clear word about what they are not. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { RunResult } from '../result.js';

export function writeFile(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (cause) {
    throw new MillraceError(`${file} cannot be written: ${messageOf(cause)}`, {
      code: 'RESULT_WRITE',
      cause,
    });
  }
}

export function writeResult(file: string, result: RunResult): void {
  writeFile(file, `${JSON.stringify(result)}\n`);
}

/** Throws `RESULT_FILE`. */
export function readResult(file: string): RunResult {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new MillraceError(`${file} cannot be read as the result of a run: ${messageOf(cause)}`, {
      code: 'RESULT_FILE',
      hint: 'millrace simulate keeps results in .millrace/runs/, or where --out says.',
      cause,
    });
  }
  const { format, verdict } = Object(value) as Partial<RunResult>;
  if (format !== 1 || typeof verdict !== 'object') {
    throw new MillraceError(`${file} is no result of a run in format 1`, { code: 'RESULT_FILE' });
  }
  return value as RunResult;
}
