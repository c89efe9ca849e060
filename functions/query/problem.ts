/**
 * Errors of the API as RFC 9457 problem details (`application/problem+json`), with Millrace's stable `code` added.
 */
import { MillraceError } from '../../common/errors.js';

export interface Problem {
  /** `urn:millrace:problem:{CODE}`: an identifier, not a place. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** The request's parameter that is at fault, when one is. */
  readonly parameter?: string;
  /** Everything that is wrong with the request's body. */
  readonly errors?: readonly BodyError[];
}

/** As RFC 9457 has it in its example (section 3). */
export interface BodyError {
  /** JSON Pointer into the body. */
  readonly pointer: string;
  readonly detail: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  500: 'Internal error',
  503: 'Temporarily unavailable',
};

/** Thrown by a route to answer with a problem. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(status: number, code: string, detail: string, place: ProblemPlace = {}) {
    super(detail);
    this.name = 'ProblemError';
    this.problem = problem(status, code, detail, place);
  }
}

export type ProblemPlace = Pick<Problem, 'parameter' | 'errors'>;

export function badParameter(parameter: string, detail: string): ProblemError {
  return new ProblemError(400, 'BAD_PARAMETER', `parameter '${parameter}': ${detail}`, { parameter });
}

export function badBody(errors: readonly BodyError[]): ProblemError {
  const text = errors.map(({ pointer, detail }) => `${pointer || 'the body'} ${detail}`).join('; ');
  return new ProblemError(400, 'BAD_BODY', text, { errors });
}

export function problem(status: number, code: string, detail: string, place: ProblemPlace = {}): Problem {
  return {
    type: `urn:millrace:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...place,
  };
}

/**
 * What the client is told about anything that was thrown: a store's refusal of a cursor is the client's, what a
 * retry may cure is 503, and the inside of everything else stays inside (the log has it).
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof MillraceError) {
    if (error.code === 'CURSOR_INVALID')
      return badParameter('cursor', 'is not one that this list gave').problem;
    if (error.canRetry) return problem(503, error.code, `${error.message}; try again`);
    return problem(500, error.code, 'the request could not be answered; the log says why');
  }
  return problem(500, 'INTERNAL', 'the request could not be answered; the log says why');
}

/** A problem as an answer. */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(problem.status === 503 ? { 'retry-after': '1' } : {}),
      ...headers,
    },
  });
}
