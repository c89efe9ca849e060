// A tumbling window's sum; the final invocation gives the state away.
export async function handler(event) {
  const state = event.state ?? {};
  for (const { kinesis } of event.Records) {
    const { n } = JSON.parse(Buffer.from(kinesis.data, 'base64').toString());
    state.sum = (state.sum ?? 0) + n;
  }
  if (event.isFinalInvokeForWindow) return undefined;
  return { state };
}

export const forgetful = async () => ({ batchItemFailures: [] });
export const pending = async () => new Promise(() => {});
export const huge = async () => 'x'.repeat(7 * 1024 * 1024);
export const circular = async () => {
  const own = {};
  own.self = own;
  return own;
};
export const big = async () => ({ n: 1n });
export const variables = async () => ({ ...process.env });
export const speaks = async () => {
  console.debug('a detail');
  console.info({ devices: 3 });
  console.warn('careful: %s', 'hot');
  console.error(new RangeError('too hot'));
};
export const web = async (event) => ({
  statusCode: 201,
  headers: { 'X-Device': event.pathParameters.id },
  cookies: ['a=1; Secure', 'b=2'],
  body: JSON.stringify({ path: event.rawPath, body: event.body }),
});
export const when = async ({ time, resources }) => {
  if (resources.length !== 1) throw new Error(`not a schedule: ${time}`);
};
