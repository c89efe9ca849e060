/** An environment in a process of its own: what a pipe and a small file are to `inside.ts`. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setHostConnection } from '../lambda/event-loop.js';
import { serializeError } from './errors.js';
import { createFrameReader, frame } from './framing.js';
import { createInside, type Inside } from './inside.js';
import type { EventSource } from './invocation.js';
import { unpackRound } from './packing.js';
import { PIPE, PROGRESS_FILE, type ProcessMessage } from './process-channel.js';
import { PROGRESS_BYTES, writeProgress } from './progress.js';
import { type FromEnvironment, sharedNow } from './protocol.js';
import { standBack } from './stand-back.js';
import { createVariables } from './variables.js';

const startedAt = sharedNow();
const host = new Socket({ fd: PIPE, readable: true, writable: true });
setHostConnection(host);
const progress = Buffer.alloc(PROGRESS_BYTES);
const sources: EventSource[] = [];
let inside: Inside | undefined;

function send(message: FromEnvironment): void {
  host.cork();
  for (const part of frame(message)) host.write(part);
  host.uncork();
}

const read = createFrameReader<ProcessMessage>((message, body) => {
  if (message.type === 'start') {
    const { spec } = message;
    standBack(spec.nice);
    inside = createInside(spec, {
      send,
      began(id, index, at) {
        writeProgress(progress, id, index, at);
        writeSync(PROGRESS_FILE, progress, 0, PROGRESS_BYTES, 0);
      },
      memoryBytes: () => process.memoryUsage.rss(),
      enter: createVariables(spec),
      // The host stops the process.
      rest: () => undefined,
      end: () => process.exit(0),
    });
    void inside.start(startedAt);
  } else if (message.type === 'round') {
    sources.push(...message.sources);
    inside?.round(message.id, unpackRound(body, sources), message.measure);
  } else inside?.receive(message);
});

host.on('data', read);
// The host is gone: nobody wants what is done here any more.
host.on('close', () => process.exit(1));
host.on('error', () => process.exit(1));

process.on('uncaughtExceptionMonitor', (error) => {
  // Too late for a stream; not into the middle of what it has not written yet either.
  if (host.writableLength > 0) return;
  writeSync(PIPE, Buffer.concat(frame({ type: 'crashed', error: serializeError(error) })));
});
