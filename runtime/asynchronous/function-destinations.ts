/** Functions as destinations of asynchronous invocations: the record of one becomes the event of another. */
import type { NewAsynchronousEvent } from '../../stores/asynchronous.js';
import type { Destination } from '../destinations/destination.js';
import type { FunctionManifest } from '../manifest/manifest.js';

/** Names that no queue and no topic can have. */
const destinationOf = (functionName: string) => `function:${functionName}`;

/** The functions with all destinations by name, and the destinations that this takes. */
export function withFunctionDestinations(
  functions: readonly FunctionManifest[],
  destinations: ReadonlyMap<string, Destination>,
  enqueue: (event: NewAsynchronousEvent) => Promise<void>,
): { functions: FunctionManifest[]; destinations: ReadonlyMap<string, Destination> } {
  const all = new Map(destinations);
  const nameOf = (destination: string | undefined, functionName: string | undefined) => {
    const target = functions.find(({ name }) => name === functionName);
    if (target === undefined) return destination;
    const name = destinationOf(target.name);
    all.set(name, functionDestination(target, enqueue));
    return name;
  };
  const named = functions.map((fn) => {
    const { onSuccess, onSuccessFunction, onFailure, onFailureFunction, ...limits } = fn.asynchronous;
    const success = nameOf(onSuccess, onSuccessFunction);
    const failure = nameOf(onFailure, onFailureFunction);
    const asynchronous = {
      ...limits,
      ...(success === undefined ? {} : { onSuccess: success }),
      ...(failure === undefined ? {} : { onFailure: failure }),
    };
    return { ...fn, asynchronous };
  });
  return { functions: named, destinations: all };
}

function functionDestination(
  { name, arn }: FunctionManifest,
  enqueue: (event: NewAsynchronousEvent) => Promise<void>,
): Destination {
  return {
    name: destinationOf(name),
    arn,
    wantsPayload: true,
    send(document) {
      const { requestId, condition } = (document as InvocationRecord).requestContext;
      // A record that is sent again, after a crash, is the same event.
      const id = `${requestId}/${condition}/${name}`;
      return enqueue({ functionName: name, id, payload: Buffer.from(JSON.stringify(document)) });
    },
  };
}

interface InvocationRecord {
  readonly requestContext: { readonly requestId: string; readonly condition: string };
}
