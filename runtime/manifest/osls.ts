/**
 * The only module that knows the packager: reads a serverless.yml and resolves its variables with osls' own code,
 * so that this file means the same here as when it is packaged.
 *
 * Deep imports, marked by osls as meant for side use; the version is pinned exactly. Resolved here: env, file, self,
 * opt, sls, strToBool. What only exists on AWS or at deployment (ssm, cf, s3, aws, param) is left and listed.
 */
import { dirname } from 'node:path';
import read from 'osls/lib/configuration/read.js';
import resolveVariables from 'osls/lib/configuration/variables/index.js';
import resolveMeta from 'osls/lib/configuration/variables/resolve-meta.js';
import file from 'osls/lib/configuration/variables/sources/file.js';
import slsSourceOf from 'osls/lib/configuration/variables/sources/instance-dependent/get-sls.js';
import opt from 'osls/lib/configuration/variables/sources/opt.js';
import self from 'osls/lib/configuration/variables/sources/self.js';
import strToBool from 'osls/lib/configuration/variables/sources/str-to-bool.js';
import naming from 'osls/lib/plugins/aws/lib/naming.js';
import { messageOf } from '../../common/errors.js';
import { ManifestError } from './manifest.js';

type LogicalIds = typeof naming;

/** Logical ids of the resources that the packager generates. */
export const logicalIds: LogicalIds = naming;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ResolvedConfiguration {
  /** The whole file, parsed and resolved. */
  readonly configuration: Record<string, unknown>;
  /** Property paths (keys) whose variables could not be resolved here. */
  readonly unresolved: readonly (readonly string[])[];
}

/** @throws ManifestError when the file cannot be read or parsed, or a variable is wrong */
export async function readConfiguration(path: string, env: Environment): Promise<ResolvedConfiguration> {
  try {
    const configuration = await read(path);
    await resolveVariables({
      serviceDir: dirname(path),
      configuration,
      options: {},
      sources: { env: envSource(env), file, opt, self, strToBool, sls: slsSourceOf() },
    });
    const unresolved = [...resolveMeta(configuration).keys()].map((keys) => keys.split('\0'));
    return { configuration, unresolved };
  } catch (error) {
    throw new ManifestError(path, problemsIn(error), error);
  }
}

/** osls' own source reads process.env; here the environment is an argument. */
function envSource(env: Environment): unknown {
  return {
    resolve: ({ address, isSourceFulfilled }: { address: string; isSourceFulfilled: boolean }) => ({
      value: env[address] ?? null,
      isPending: !isSourceFulfilled,
    }),
  };
}

/** osls puts several resolution errors into one message, a line each: `Cannot resolve variable at "a.b": …`. */
function problemsIn(error: unknown): { path: string; reason: string }[] {
  const [first, ...others] = messageOf(error).split('\n  - ');
  return (others.length === 0 ? [first!] : others).map((reason) => {
    const at = /at "([^"]+)"/.exec(reason);
    return { path: at?.[1] ?? '', reason };
  });
}
