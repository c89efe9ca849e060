/** The sections `environment` of the provider and of a function, within Lambda's limits. */

import type { PathKeys, Problems } from '../../common/problems.js';
import { evaluate } from './intrinsics.js';
import type { Resources } from './resources.js';

/** Of all names and values together. */
const MOST_BYTES = 4096;
/** Lambda sets these itself and refuses to have them set. */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_.*|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;
/** It is among Lambda's own and yet free to be set. */
const FREE = ['AWS_LAMBDA_EXEC_WRAPPER'];

export interface EnvironmentSection {
  readonly value: unknown;
  readonly at: PathKeys;
}

/** Later sections win. References to resources of this file become the names and ARNs that functions see. */
export function environmentOf(
  sections: readonly EnvironmentSection[],
  resources: Resources,
  problems: Problems,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { value: section, at } of sections) {
    for (const [name, value] of Object.entries(Object(section ?? {}))) {
      // An empty one takes the provider's away, as in the packager's template.
      if (value === null || value === '') {
        delete environment[name];
        continue;
      }
      const text = evaluate(value, resources);
      if (!/^[A-Za-z_]\w*$/.test(name)) problems.add([...at, name], 'must be letters, digits or _');
      else if (RESERVED.test(name) && !FREE.includes(name)) {
        problems.add([...at, name], 'is set by Lambda itself');
      } else if (text === undefined) {
        problems.add([...at, name], 'must be a string: the local runtime has no CloudFormation to ask');
      } else environment[name] = text;
    }
  }
  const bytes = Object.entries(environment).flat().join('');
  if (Buffer.byteLength(bytes) > MOST_BYTES) {
    problems.add(
      sections.at(-1)!.at,
      `is ${Buffer.byteLength(bytes)} bytes in all, Lambda takes ${MOST_BYTES} at most`,
    );
  }
  return environment;
}
