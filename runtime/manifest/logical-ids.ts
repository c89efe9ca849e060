/** What the packager makes the logical ids of event source mappings from: names as they stand in references. */
import { isObject } from './values.js';

/** As osls' compile/events/stream.js takes it from the trigger's `arn`. */
export function streamNameToken(arn: unknown): string {
  return tokenOf(arn, '/', 1);
}

/** As osls' compile/events/sqs.js. */
export function queueNameToken(arn: unknown): string {
  return tokenOf(arn, ':', -1);
}

/** As osls' compile/events/msk/get-msk-cluster-name-token.js. */
export function clusterNameToken(arn: unknown): string {
  return tokenOf(arn, '/', 1);
}

function tokenOf(arn: unknown, separator: string, index: number): string {
  if (!isObject(arn)) return String(arn).split(separator).at(index) ?? '';
  const getAtt = arn['Fn::GetAtt'];
  if (getAtt !== undefined) return String(Array.isArray(getAtt) ? getAtt[0] : String(getAtt).split('.')[0]);
  const join = arn['Fn::Join'];
  if (Array.isArray(join) && Array.isArray(join[1])) {
    const last = String(join[1].at(-1));
    return separator === '/' ? (last.split('/').at(-1) ?? last) : last;
  }
  return String(arn['Fn::ImportValue'] ?? arn.Ref ?? '');
}
