/** A function's answer as JSON: what Lambda's runtime would send, under Lambda's limit. */
import { MillraceError } from '../../common/errors.js';

/** 6 MB and 100 bytes, as Lambda counts it. */
export const MAX_ANSWER_BYTES = 6_291_556;

/**
 * @param answer what the function returned; nothing becomes null
 * @throws MillraceError `ANSWER_NOT_JSON` or `ANSWER_TOO_LARGE`, under the names that Lambda shows as `errorType`
 */
export function answerJson(answer: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(answer);
  } catch (cause) {
    throw named('Error', 'Unable to stringify response body', 'ANSWER_NOT_JSON', cause);
  }
  // Undefined, functions and symbols have no JSON; Lambda's runtime sends null for the first and so for all.
  json ??= 'null';
  // A UTF-16 unit has at most three bytes: most answers need not be measured.
  if (json.length * 3 <= MAX_ANSWER_BYTES) return json;
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_ANSWER_BYTES) return json;
  throw named(
    'Function.ResponseSizeTooLarge',
    `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`,
    'ANSWER_TOO_LARGE',
  );
}

function named(name: string, message: string, code: string, cause?: unknown): MillraceError {
  const error = new MillraceError(message, {
    code,
    cause,
    hint: 'Return less, or something JSON can carry.',
  });
  error.name = name;
  return error;
}
