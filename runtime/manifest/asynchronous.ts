/** What becomes of a function's asynchronous invocations: Lambda's EventInvokeConfig. */

import { type PathKeys, suggestion } from '../../common/problems.js';
import { readArn } from './arn.js';
import type { AsynchronousSettings } from './manifest.js';
import type { WiringContext } from './trigger-context.js';
import { isObject, refuseOthers, whole } from './values.js';

const TYPES = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::Lambda::Function'];
const WANTED =
  'the ARN of a queue or topic, the name of a function of this file, or { arn: !GetAtt …, type }';
const DESTINATION_TYPES = ['function', 'sns', 'sqs', 'eventBus'];

/**
 * @param given the function's entry
 * @param functions names of all functions
 */
export function asynchronousOf(
  given: Record<string, unknown>,
  functions: readonly string[],
  at: PathKeys,
  context: WiringContext,
): AsynchronousSettings {
  const number = (key: string, lowest: number, highest: number) =>
    given[key] === undefined
      ? highest
      : (whole(lowest, highest)(given[key], [...at, key], context.problems) ?? highest);
  return {
    maximumRetryAttempts: number('maximumRetryAttempts', 0, 2),
    maximumEventAgeMs: number('maximumEventAge', 60, 21_600) * 1000,
    ...destinationsOf(given.destinations, functions, [...at, 'destinations'], context),
  };
}

type Targets = Omit<AsynchronousSettings, 'maximumRetryAttempts' | 'maximumEventAgeMs'>;

function destinationsOf(
  section: unknown,
  functions: readonly string[],
  at: PathKeys,
  context: WiringContext,
): Targets {
  if (section === undefined) return {};
  if (!isObject(section)) {
    context.problems.add(at, 'must have onSuccess or onFailure');
    return {};
  }
  refuseOthers(section, ['onSuccess', 'onFailure'], at, context.problems);
  const { onSuccess, onFailure } = section;
  const success =
    onSuccess === undefined ? {} : targetOf(onSuccess, false, functions, [...at, 'onSuccess'], context);
  const failure =
    onFailure === undefined ? {} : targetOf(onFailure, true, functions, [...at, 'onFailure'], context);
  return {
    ...(success.destination === undefined ? {} : { onSuccess: success.destination }),
    ...(success.functionName === undefined ? {} : { onSuccessFunction: success.functionName }),
    ...(failure.destination === undefined ? {} : { onFailure: failure.destination }),
    ...(failure.functionName === undefined ? {} : { onFailureFunction: failure.functionName }),
  };
}

interface Target {
  readonly destination?: string;
  readonly functionName?: string;
}

function targetOf(
  value: unknown,
  ofFailures: boolean,
  functions: readonly string[],
  at: PathKeys,
  { resources, destinations, problems }: WiringContext,
): Target {
  if (typeof value === 'string' && !value.startsWith('arn:')) {
    if (functions.includes(value)) return { functionName: value };
    problems.add(at, `no function ${value}${suggestion(value, functions)}`);
    return {};
  }
  const typed = isObject(value);
  if (typed) refuseOthers(value, ['arn', 'type'], at, problems);
  if (typed && !DESTINATION_TYPES.includes(String(value.type))) {
    problems.add([...at, 'type'], `must be one of ${DESTINATION_TYPES.join(', ')}`);
    return {};
  }
  const place = typed ? [...at, 'arn'] : at;
  const arn = readArn(typed ? value.arn : value, place, resources, TYPES, WANTED, problems);
  if (arn === undefined) return {};
  const service =
    { function: 'lambda', eventBus: 'events' }[typed ? String(value.type) : ''] ?? Object(value).type;
  if (typed && service !== arn.service) {
    problems.add([...at, 'type'], `is ${String(value.type)}, but the ARN is of ${arn.service}`);
    return {};
  }
  if (arn.service !== 'lambda') {
    const destination = destinations.take(arn, place, { buckets: ofFailures, fifo: false });
    return destination === undefined ? {} : { destination };
  }
  const functionName = arn.declared?.name;
  if (functionName !== undefined) return { functionName };
  problems.add(place, 'only functions of this file can be invoked here');
  return {};
}
