/**
 * A route of the API, declared: what it takes, what it answers, how. The application and the OpenAPI document are
 * both made from the list in `routes/`, so neither can know a route that the other does not.
 */
import type { Rule } from '../alert/rules.js';
import type { Platform } from '../contract.js';
import type { Parameter, Values } from './parameters.js';

export type Parameters = Readonly<Record<string, Parameter>>;

/** What an answer depends on besides the request and the stores. */
export interface Circumstances {
  /** Epoch ms. */
  clock(): number;
  /** The alert rules of this deployment; read when first asked for. Throws `RULES_INVALID`. */
  rules(): readonly Rule[];
}

export interface Route {
  /** As in OpenAPI: `/devices/{id}`. */
  readonly path: string;
  /** `operationId` in the OpenAPI document. */
  readonly name: string;
  readonly summary: string;
  /** What the summary has no room for: obligations of the client, say. */
  readonly description?: string;
  readonly tag: string;
  readonly parameters: Parameters;
  /** Name of the answer's schema in `schemas.ts`. */
  readonly schema: string;
  /** Takes no notice of query parameters it does not know: of an API that others have defined. */
  readonly lenient?: true;
  /** Problems that the route answers besides 400 (when it has parameters), 500 and 503. */
  readonly problems?: Readonly<Record<number, string>>;
  /** The answer, ready for JSON. Throws `ProblemError` or what the stores throw. */
  answer(
    values: Readonly<Record<string, unknown>>,
    platform: Platform,
    circumstances: Circumstances,
  ): Promise<unknown>;
}

/** Declares a route with the types of its parameters' values. */
export function route<P extends Parameters>(
  declaration: Omit<Route, 'answer' | 'parameters'> & {
    readonly parameters: P;
    answer(values: Values<P>, platform: Platform, circumstances: Circumstances): Promise<unknown>;
  },
): Route {
  return declaration as unknown as Route;
}
