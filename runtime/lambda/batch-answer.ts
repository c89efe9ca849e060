/**
 * Reads what a function answered to a batch (`ReportBatchItemFailures`), as recorded against AWS:
 *
 * - Nothing to report, so success: `""`, null, nothing at all, `{}`, `batchItemFailures` null or empty. Any other
 *   answer without `batchItemFailures` reports nothing either.
 * - The whole batch failed: an identifier that is empty, null, missing, under another key or of no record of the
 *   batch. It becomes `UNKNOWN_RECORD` among the failures; what follows of that is the mapping's business.
 * - Else the records named have failed.
 *
 * With a tumbling window every answer must contain `state`, but for the final one.
 */
import { MillraceError } from '../../common/errors.js';
import { UNKNOWN_RECORD } from '../environments/invocation.js';

export interface BatchIdentifiers {
  /** Offset of the record that an `itemIdentifier` names; null when it names none of the batch. */
  offsetOf(identifier: unknown): bigint | null;
}

export interface BatchAnswer {
  /** Offsets, `UNKNOWN_RECORD` among them for identifiers of no record; empty on success. */
  readonly failures: readonly bigint[];
  /** JSON; only with a window. */
  readonly state?: string;
}

export interface BatchAnswerRules {
  readonly reportsFailures: boolean;
  /** Absent: no tumbling window. */
  readonly window?: { readonly isFinal: boolean };
}

/**
 * @param answer as JSON would carry it
 * @throws MillraceError `WINDOW_STATE_MISSING`
 */
export function readBatchAnswer(
  answer: unknown,
  rules: BatchAnswerRules,
  identifiers: BatchIdentifiers,
): BatchAnswer {
  const failures = rules.reportsFailures ? failuresIn(answer, identifiers) : [];
  if (rules.window === undefined) return { failures };
  const state = fieldOf(answer, 'state');
  if (state !== undefined && state !== null) return { failures, state: JSON.stringify(state) };
  if (rules.window.isFinal) return { failures };
  throw new MillraceError("the function's answer in a tumbling window does not contain 'state'", {
    code: 'WINDOW_STATE_MISSING',
    hint: 'Return { state } from every invocation of the window; event.state is what it returned before.',
  });
}

function failuresIn(answer: unknown, identifiers: BatchIdentifiers): bigint[] {
  const failed = fieldOf(answer, 'batchItemFailures');
  if (failed === undefined || failed === null) return [];
  if (!Array.isArray(failed)) return [UNKNOWN_RECORD];
  return failed.map((item) => {
    const identifier = fieldOf(item, 'itemIdentifier');
    if (identifier === undefined || identifier === null || identifier === '') return UNKNOWN_RECORD;
    return identifiers.offsetOf(identifier) ?? UNKNOWN_RECORD;
  });
}

/** An object's own field; undefined for anything that is no object. */
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
