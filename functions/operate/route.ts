/**
 * A route that changes something, declared: what it takes, what it does. The application and the OpenAPI document are
 * both made from the list in `routes/`.
 */
import type { Platform } from '../contract.js';
import type { Values } from '../query/parameters.js';
import type { Parameters } from '../query/route.js';

/** What an act depends on besides the request and the stores. */
export interface Circumstances {
  /** Epoch ms: when the request came. */
  readonly time: number;
  /** A new UUID. */
  newId(): string;
}

export interface Answer {
  readonly status: 200 | 201 | 204;
  /** Ready for JSON; left out with 204. */
  readonly body?: unknown;
}

export interface OperateRoute {
  readonly method: 'post' | 'put' | 'delete';
  readonly path: string;
  /** `operationId` in the OpenAPI document. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly parameters: Parameters;
  /** Name of the body's schema in `schemas.ts`; null: it takes none. */
  readonly body: string | null;
  /** Status -> what it means and the name of the answer's schema, null for none. */
  readonly answers: Readonly<Record<number, readonly [description: string, schema: string | null]>>;
  /** Besides those that every route has. */
  readonly problems?: Readonly<Record<number, string>>;
  /** @param body what its schema lets through. Throws `ProblemError` or what the stores throw. */
  act(
    request: { readonly values: Readonly<Record<string, unknown>>; readonly body: unknown },
    platform: Platform,
    circumstances: Circumstances,
  ): Promise<Answer>;
}

/** Declares a route with the types of its parameters' values and of its body. */
export function operateRoute<P extends Parameters, B>(
  declaration: Omit<OperateRoute, 'act' | 'parameters'> & {
    readonly parameters: P;
    act(
      request: { readonly values: Values<P>; readonly body: B },
      platform: Platform,
      circumstances: Circumstances,
    ): Promise<Answer>;
  },
): OperateRoute {
  return declaration as unknown as OperateRoute;
}
