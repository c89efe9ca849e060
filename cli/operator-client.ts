/** What the commands for operators share: their options, and asking a deployment for lists, documents and acts. */
import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import { ask, refusal } from './deployment-client.js';
import { defaultHttpUrl } from './options.js';

export interface OperatorFlags {
  readonly http: string;
  readonly json?: true;
}

export interface ActFlags extends OperatorFlags {
  readonly author: string;
}

/** Items of one page; the API's most. */
const PAGE = 1_000;

export function asksDeployment(command: Command): Command {
  return command
    .option('--json', 'JSON, one document a line (the default when the output is not a terminal)')
    .option('--http <url>', 'where the deployment listens', defaultHttpUrl());
}

/** Of commands that change something. */
export function actsAs(command: Command): Command {
  return asksDeployment(command).addOption(
    new Option('--author <name>', 'who does it, for the trail')
      .env('MILLRACE_AUTHOR')
      .default(userName(), 'your user name')
      .makeOptionMandatory(),
  );
}

/** @param path with its query */
export async function getDocument<T>(http: string, path: string): Promise<T> {
  const response = await ask(http, path);
  if (!response.ok) throw await refusal(http, response);
  return (await response.json()) as T;
}

/** The first `most` items of a list, page by page. Members of `query` that are undefined are left out. */
export async function getList<T>(
  http: string,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  most: number,
): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const parameters: Record<string, string | undefined> = {
      ...query,
      limit: String(Math.min(PAGE, most - items.length)),
      cursor: cursor ?? undefined,
    };
    const given = Object.entries(parameters).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const page: { readonly items: readonly T[]; readonly next: string | null } = await getDocument(
      http,
      `${path}?${new URLSearchParams(given)}`,
    );
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < most);
  return items.slice(0, most);
}

/** @returns the answer's document; null when it has none */
export async function act<T>(
  http: string,
  method: 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<T | null> {
  const response = await ask(http, path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await refusal(http, response);
  return response.status === 204 ? null : ((await response.json()) as T);
}

/** Undefined in containers that run as a user without a name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // Then the option has to be given: commander asks for it.
    return undefined;
  }
}
