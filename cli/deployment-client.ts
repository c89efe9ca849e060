/** Asks a running deployment over its HTTP port, and says clearly when there is none or it refuses. */
import { codeOf, MillraceError, messageOf } from '../common/errors.js';

/** `code` of the error when nothing listens at the address. */
export const NOT_RUNNING = 'NOT_RUNNING';

/** What `fetch` reports of an address that nobody answers at. */
const NOBODY = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** @throws MillraceError NOT_RUNNING, or DEPLOYMENT_UNREACHABLE when the connection breaks */
export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(new URL(path, url), init);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (NOBODY.has(codeOf(cause) ?? '')) {
      throw new MillraceError(`no deployment answers at ${url}`, {
        code: NOT_RUNNING,
        hint: 'Start one with `npm start`, or say where it is with --http or MILLRACE_HTTP_PORT.',
        cause,
      });
    }
    throw new MillraceError(`the deployment at ${url} did not answer: ${messageOf(cause)}`, {
      code: 'DEPLOYMENT_UNREACHABLE',
      canRetry: true,
      cause,
    });
  }
}

/** The error that a response without success stands for: problem details, or an error document of Lambda's API. */
export async function refusal(url: string, response: Response): Promise<MillraceError> {
  const text = await response.text();
  const { code, detail, message, Message } = parsed(text);
  return new MillraceError(
    `the deployment at ${url} answered ${response.status}: ${detail ?? Message ?? message ?? text}`,
    { code: code ?? response.headers.get('x-amzn-errortype') ?? 'DEPLOYMENT_REFUSED' },
  );
}

function parsed(text: string): Partial<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not JSON: some other server listens there, and its text is shown as it is.
    return {};
  }
}
