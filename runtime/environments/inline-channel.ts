/**
 * An environment without any walls: the function runs in the host's own thread. For benchmarks and debuggers. Nothing
 * ends an invocation that takes too long or too much memory, `process.exit` ends the host, `process.env` is the
 * host's, and plain handlers are not frozen between invocations.
 */
import { getHeapStatistics } from 'node:v8';
import { MillraceError } from '../../common/errors.js';
import type { OpenChannel } from './channel.js';
import { createInside } from './inside.js';
import type { FromEnvironment } from './protocol.js';
import { sharedNow } from './protocol.js';

export const openInline: OpenChannel = (spec, events) => {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    const reason = new MillraceError(`'${spec.functionName}' was ended`, { code: 'FUNCTION_EXITED' });
    queueMicrotask(() => events.onEnd(reason));
  };
  const deliver = (message: FromEnvironment) =>
    queueMicrotask(() => {
      if (!ended) events.onMessage(message);
    });
  const inside = createInside(spec, {
    send: deliver,
    began: () => undefined,
    memoryBytes() {
      const { used_heap_size, external_memory } = getHeapStatistics();
      return used_heap_size + external_memory;
    },
    enter: () => undefined,
    rest: () => undefined,
    end,
  });
  void inside.start(sharedNow());
  return {
    enforcesTimeout: false,
    send: (message) => inside.receive(message),
    sendRound(id, { invocations, requestIds }, measure) {
      const batches = invocations.map((invocation, i) => ({ invocation, requestId: requestIds[i]! }));
      inside.round(id, batches, measure);
    },
    progress: () => ({ id: 0, index: 0, elapsedMs: 0 }),
    freeze: () => undefined,
    terminate: end,
  };
};
