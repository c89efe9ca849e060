/** Amazon Resource Names, as triggers and destinations give them: literally, or by reference to a resource. */

import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';
import { evaluate, referredId } from './intrinsics.js';
import type { Resource, Resources } from './resources.js';

export interface Arn {
  readonly text: string;
  /** `kinesis`, `sqs`, `lambda`, … */
  readonly service: string;
  /** What is behind the account: `stream/telemetry`, a queue's name, `function:alert`. */
  readonly resource: string;
  /** The resource of this file that it belongs to. */
  readonly declared?: Resource;
}

export function parseArn(text: string): Omit<Arn, 'declared'> | undefined {
  const match = /^arn:[\w-]+:([\w-]+):[\w-]*:\d*:(.+)$/.exec(text);
  return match === null ? undefined : { text, service: match[1]!, resource: match[2]! };
}

/**
 * @param types of resources that may be meant, for the suggestion
 * @param wanted what the reader should write, after "must be"
 */
export function readArn(
  value: unknown,
  at: PathKeys,
  resources: Resources,
  types: readonly string[],
  wanted: string,
  problems: Problems,
): Arn | undefined {
  const text = evaluate(value, resources);
  const arn = text === undefined ? undefined : parseArn(text);
  if (arn !== undefined) {
    const declared = [...resources.byId.values()].find((resource) => resource.arn === arn.text);
    return declared === undefined ? arn : { ...arn, declared };
  }
  const id = referredId(value);
  if (id !== undefined && !resources.byId.has(id)) {
    const ids = [...resources.byId.values()]
      .filter(({ type }) => types.includes(type))
      .map((each) => each.id);
    problems.add(at, `no ${types.map(plain).join(' or ')} ${id} under resources${suggestion(id, ids)}`);
  } else {
    problems.add(at, `must be ${wanted}`);
  }
  return undefined;
}

/** `AWS::Kinesis::Stream` -> `Kinesis stream`. */
function plain(type: string): string {
  const [, service, kind] = type.split('::') as [string, string, string];
  return `${service} ${kind.toLowerCase()}`;
}
