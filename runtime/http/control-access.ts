/**
 * Who may use the routes that control a deployment: invoke a function with any event, see how functions are wired, or
 * ask a function whose settings say `control` (operators' acts).
 *
 * There are no credentials to check, so it is the network that has to vouch: with the port on a loopback address only
 * programs of this machine reach it. One of these is a browser, which runs other people's pages, and two of their
 * tricks have to fail:
 *
 * - A page sends a form or a "simple" fetch to 127.0.0.1. Browsers do that without asking; they do ask first (a
 *   preflight, which is never granted here) when a request has a content type of application/json or a header that no
 *   form can have. So a request that changes something must have one of these. AWS' tools and SDKs always do.
 * - DNS rebinding: a page's own host name is made to point to 127.0.0.1, so that it is no other site at all. Its
 *   requests carry that name as their Host, so the Host must be a loopback one.
 */
import { problemResponse } from '../../gateway/http/problem.js';

export interface ControlAccess {
  /** The deployment listens on a loopback address. */
  readonly loopback: boolean;
  /** `custom.millrace.gateway.remoteControl`: whatever reaches the port may control the deployment. */
  readonly remote: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i;
/** No form can send these, and no page without a preflight. */
const ASKED_FOR_FIRST = /^(authorization|x-amz-.+|amz-sdk-.+)$/;

/** @param host a name or address, without port */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * @param changing whether the request has effects, as opposed to one whose answer a page could not read anyway
 * @returns the refusal, or undefined when the request may pass
 */
export function refuseControl(
  request: Request,
  changing: boolean,
  access: ControlAccess,
): Response | undefined {
  if (!access.loopback && !access.remote) {
    return problemResponse(
      403,
      'CONTROL_REMOTE',
      'this deployment is controlled over a loopback address only; listen on 127.0.0.1, or set custom.millrace.gateway.remoteControl',
    );
  }
  if (!access.remote && !isLoopback(new URL(request.url).hostname)) {
    return problemResponse(403, 'CONTROL_HOST', 'the Host header must name a loopback address');
  }
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') {
    return problemResponse(403, 'CONTROL_CROSS_SITE', 'another site’s page may not control this deployment');
  }
  if (changing && !isAskedForFirst(request.headers)) {
    return problemResponse(
      403,
      'CONTROL_CROSS_SITE',
      'send content-type application/json, or an authorization or x-amz-* header',
    );
  }
  return undefined;
}

/** Methods that only ask. */
const READING = new Set(['GET', 'HEAD']);

/** Refuses requests to functions that `isControlled`, as the deployment's own control routes would. */
export function functionGuard(
  access: ControlAccess,
  isControlled: (functionName: string) => boolean,
): (route: { readonly functionName: string }, request: Request) => Response | undefined {
  return ({ functionName }, request) =>
    isControlled(functionName) ? refuseControl(request, !READING.has(request.method), access) : undefined;
}

function isAskedForFirst(headers: Headers): boolean {
  const contentType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  return contentType === 'application/json' || [...headers.keys()].some((name) => ASKED_FOR_FIRST.test(name));
}
