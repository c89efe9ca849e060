/** The file `notifications.yml` beside serverless.yml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, MillraceError, messageOf } from '../../../common/errors.js';
import { type ParsedNotifications, parseNotifications } from './parse.js';
import type { Variables } from './secrets.js';
import type { NotificationConfig } from './types.js';

export const FILE = 'notifications.yml';

/** @param root folder of serverless.yml. Throws `NOTIFICATIONS_UNREADABLE`. */
export function readNotifications(root: string, variables: Variables): ParsedNotifications {
  let text: string;
  try {
    text = readFileSync(join(root, FILE), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { config: null, problems: [], warnings: [] };
    throw new MillraceError(`cannot read ${FILE}: ${messageOf(error)}`, {
      code: 'NOTIFICATIONS_UNREADABLE',
      hint: 'It is a file beside serverless.yml; without it alerts are told over MQTT alone.',
      cause: error,
    });
  }
  return parseNotifications(text, FILE, variables);
}

export interface LoadedNotifications {
  /** Null: there is no such file, and nothing is told but over MQTT. */
  readonly config: NotificationConfig | null;
  readonly warnings: readonly string[];
}

/** For functions, at their cold start. Throws `NOTIFICATIONS_INVALID` with everything that is wrong. */
export function loadNotifications(root: string, variables: Variables): LoadedNotifications {
  const { config, problems, warnings } = readNotifications(root, variables);
  if (problems.length === 0) return { config, warnings };
  const lines = problems.map(({ place, reason }) => `  ${place}: ${reason}`);
  throw new MillraceError(`${FILE} cannot be used:\n${lines.join('\n')}`, {
    code: 'NOTIFICATIONS_INVALID',
    hint: `Correct ${problems.length === 1 ? 'this place' : 'these places'}; docs/notifications.md explains the file.`,
  });
}
