/** Whether this process may open as many connections as a run needs, asked before it begins. */
import { readFileSync } from 'node:fs';
import { MillraceError } from '../../common/errors.js';

/** Files that Node and the program itself have open, with some to spare. */
const OTHER_FILES = 100;

/** The soft limit of open files of this process, or Infinity where /proc does not tell. Source: proc(5). */
export function openFileLimit(): number {
  try {
    const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return match === null || match[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match[1]);
  } catch {
    // Not Linux: EMFILE will tell, with the same advice.
    return Number.POSITIVE_INFINITY;
  }
}

/** Throws `DRIVER_FILES` when so many connections cannot be had. */
export function checkFileLimit(connections: number, limit: number = openFileLimit()): void {
  if (connections + OTHER_FILES <= limit) return;
  throw new MillraceError(
    `${connections} connections need about ${connections + OTHER_FILES} open files, and this process may have ${limit}`,
    {
      code: 'DRIVER_FILES',
      hint:
        `Raise the limit (ulimit -n ${connections + OTHER_FILES}, or LimitNOFILE= of the service), ` +
        'spread the devices over more --processes, or let them share --connections.',
    },
  );
}
