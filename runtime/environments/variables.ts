/**
 * `process.env` of an environment: exactly Lambda's for plain handlers; for modules that export `create`, the host's
 * with the function's own variables on top, from `create` on. Which of both a module is shows only when it is imported.
 */
import { lambdaEnvironment } from '../lambda/variables.js';
import type { EnvironmentSpec } from './protocol.js';

/** To be called once per thread or process; returns what `Port.enter` is. */
export function createVariables(spec: EnvironmentSpec): (kind: 'lambda' | 'create') => void {
  const host = { ...process.env };
  return (kind) => {
    if (kind === 'create') Object.assign(process.env, host, spec.environment);
    else {
      for (const name of Object.keys(process.env)) delete process.env[name];
      Object.assign(process.env, lambdaEnvironment(spec, host));
    }
  };
}
