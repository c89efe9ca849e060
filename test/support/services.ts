/**
 * Tests that need something this machine may not have (a broker, a browser). Without it they are skipped with a
 * printed reason; with `MILLRACE_TEST_SERVICES=required`, as in CI, its absence is a failure.
 *
 *     const describeMosquitto = await requireService('mosquitto', () => commandOnPath('mosquitto_pub'));
 *     describeMosquitto('another client', () => { … });
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

type Describe = (name: string, tests: () => void) => void;

/**
 * @param probe throws, rejects or answers false when the service is not there
 * @returns `describe`, or `describe.skip`
 */
export async function requireService(
  name: string,
  probe: () => unknown,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Describe> {
  const reason = await reasonAgainst(probe);
  if (reason === undefined) return describe;
  if (env.MILLRACE_TEST_SERVICES === 'required') {
    throw new Error(`${name} is required by MILLRACE_TEST_SERVICES and not there: ${reason}`);
  }
  process.stderr.write(`skipped: needs ${name}, which is not there: ${reason}\n`);
  return describe.skip;
}

async function reasonAgainst(probe: () => unknown): Promise<string | undefined> {
  try {
    return (await probe()) === false ? 'the probe says no' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The first of the commands found on PATH, absolute. Throws when there is none. */
export function commandOnPath(...names: string[]): string {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder: the next one may have it.
      }
    }
  }
  throw new Error(`no ${names.join(' or ')} on PATH`);
}
