/**
 * Tells when nothing is left that keeps an environment running: what callback handlers are waited for
 * (`callbackWaitsForEmptyEventLoop`).
 *
 * Node.js says so itself with `beforeExit`, in a thread as in a process, once the connection to the host no longer
 * counts. (`process.getActiveResourcesInfo` knows nothing of work in native modules or of crypto's thread pool, and
 * would say "empty" too early.) A host that runs a function inline has an event loop of its own that never empties:
 * there a callback is taken at its word.
 */
import { parentPort } from 'node:worker_threads';

export interface EventLoop {
  /** Calls `then` once, when the loop has emptied. Returns how to stop waiting. */
  whenEmpty(then: () => void): () => void;
  /** False: nobody can tell here. */
  readonly canTell: boolean;
}

/** What must not count while waiting: the environment's connection to its host. */
export interface HostConnection {
  ref(): void;
  unref(): void;
}

/** Of a thread, known from the start; of a process, told by whoever opens it. */
let connection: HostConnection | null = parentPort;

export function setHostConnection(opened: HostConnection): void {
  connection = opened;
}

/** The loop of this thread or process; `inline` for one that is the host's. */
export function eventLoop(inline: boolean): EventLoop {
  return inline || connection === null ? unknowable : loopWith(connection);
}

const unknowable: EventLoop = { canTell: false, whenEmpty: () => () => undefined };

function loopWith(host: HostConnection): EventLoop {
  return {
    canTell: true,
    whenEmpty(then) {
      const stop = () => {
        process.removeListener('beforeExit', onEmpty);
        host.ref();
      };
      const onEmpty = () => {
        stop();
        then();
      };
      process.on('beforeExit', onEmpty);
      host.unref();
      return stop;
    },
  };
}
