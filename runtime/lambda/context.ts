/** The context object: what Lambda tells a function about itself and about this invocation. */
import type { ClientContext, Context } from 'aws-lambda';
import type { EnvironmentSpec } from '../environments/protocol.js';
import type { InvocationInfo } from '../environments/runner.js';
import { logGroupName, newLogStreamName } from './variables.js';

/** The part that does not end the invocation. */
export type LambdaContext = Omit<Context, 'done' | 'fail' | 'succeed' | 'callbackWaitsForEmptyEventLoop'>;

/** Makes a context for each invocation. The log stream is the environment's, as its variables have it. */
export function contextFactory(spec: EnvironmentSpec) {
  const inherited = spec.isolation === 'inline' ? undefined : process.env.AWS_LAMBDA_LOG_STREAM_NAME;
  const fixed = {
    functionName: spec.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: spec.functionArn,
    memoryLimitInMB: String(spec.memoryMB),
    logGroupName: logGroupName(spec),
    logStreamName: inherited ?? newLogStreamName(),
  };
  return ({ requestId, deadline }: InvocationInfo, clientContext?: string): LambdaContext => ({
    ...fixed,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
    identity: undefined,
    clientContext: clientContext === undefined ? undefined : (JSON.parse(clientContext) as ClientContext),
  });
}
