/** One HTTP POST, ready to be sent. */
export interface HttpMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param id of the delivery: whoever gets it twice can tell */
export function jsonMessage(
  url: string,
  id: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpMessage {
  return {
    url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'millrace',
      'idempotency-key': headerText(id),
      ...headers,
    },
    body,
  };
}

/** Header values take visible ASCII alone. */
function headerText(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : Buffer.from(text).toString('base64url');
}
