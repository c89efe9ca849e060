/**
 * The record of an asynchronous invocation, as its destinations for success and for failure get it: AWS's, field by
 * field. It always carries the event, and the answer when there was one.
 */
export interface AsynchronousOutcome {
  readonly requestId: string;
  /** Without a version. */
  readonly functionArn: string;
  readonly condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded' | 'ZeroReservedConcurrency';
  /** Attempts that reached the function. */
  readonly invokeCount: number;
  /** The event, JSON. */
  readonly requestPayload: unknown;
  /** The last answer: what the function returned, or `{errorType, errorMessage, trace}`. Absent: never invoked. */
  readonly response?: {
    readonly payload: unknown;
    /** Absent on success. */
    readonly functionError?: 'Unhandled';
  };
  /** Epoch ms. */
  readonly now: number;
}

/** JSON. */
export function invocationRecord(outcome: AsynchronousOutcome): object {
  const { response } = outcome;
  return {
    version: '1.0',
    timestamp: new Date(outcome.now).toISOString(),
    requestContext: {
      requestId: outcome.requestId,
      functionArn: `${outcome.functionArn}:$LATEST`,
      condition: outcome.condition,
      approximateInvokeCount: outcome.invokeCount,
    },
    requestPayload: outcome.requestPayload,
    ...(response === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: '$LATEST',
            ...(response.functionError === undefined ? {} : { functionError: response.functionError }),
          },
          responsePayload: response.payload,
        }),
  };
}
