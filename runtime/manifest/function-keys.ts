/** What may stand in a function's entry, and what of it matters on one machine. */
import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';

const HONOURED = [
  'destinations',
  'environment',
  'events',
  'handler',
  'maximumEventAge',
  'maximumRetryAttempts',
  'memorySize',
  'provisionedConcurrency',
  'reservedConcurrency',
  'runtime',
  'timeout',
];
/** They say how the function lives on AWS and change nothing about what it does. */
const OF_AWS = [
  'architecture',
  'awsKmsKeyArn',
  'condition',
  'dependsOn',
  'description',
  'disableLogs',
  'ephemeralStorageSize',
  'iamRoleStatements',
  'iamRoleStatementsInherit',
  'iamRoleStatementsName',
  'kmsKeyArn',
  'logDataProtectionPolicy',
  'logRetentionInDays',
  'logs',
  'name',
  'package',
  'recursiveLoop',
  'role',
  'runtimeManagement',
  'tags',
  'tracing',
  'versionFunction',
  'vpc',
];
/** They would change what the function does, so they are not passed over. */
const REFUSED: Readonly<Record<string, string>> = {
  durableConfig: 'durable functions are resumed by AWS alone',
  fileSystemConfig: 'there is no EFS to mount here',
  image: 'container images do not run here; give a handler',
  layers: 'layers are unpacked by AWS alone; install what they bring as packages',
  onError: 'use destinations.onFailure',
  snapStart: 'AWS has no SnapStart for Node.js',
  tenancyConfig: 'environments are not kept apart by tenant here',
  url: 'there are no function URLs here; use httpApi',
};

export function checkFunctionKeys(given: Record<string, unknown>, at: PathKeys, problems: Problems): void {
  for (const [key, value] of Object.entries(given)) {
    if (HONOURED.includes(key) || OF_AWS.includes(key)) continue;
    // Said to be off is the same as not said.
    if (key in REFUSED && (value === false || value === null)) continue;
    problems.add([...at, key], REFUSED[key] ?? `unknown setting${suggestion(key, [...HONOURED, ...OF_AWS])}`);
  }
}
