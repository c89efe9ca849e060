/**
 * The functions in effect, and how they are replaced while events flow.
 *
 * A generation is everything that serverless.yml and the sources behind it decide: environments, event source
 * mappings, schedules, routes. A reload creates the next one beside the current one, and only when all of it has
 * started does the current one finish what it has in flight and save its checkpoints; the next one goes on from
 * there. So no event is lost, and none is processed twice. The sockets, the streams and the broker stay.
 */
import { isDeepStrictEqual } from 'node:util';
import { MillraceError } from '../common/errors.js';
import type { Functions } from './functions.js';
import type { Manifest } from './manifest/manifest.js';

export interface Reload {
  /** Number of the generation now in effect, from 1. */
  readonly generation: number;
  /** Why the old one is still in effect; absent when the new one is. */
  readonly problem?: unknown;
}

export interface Generations {
  readonly current: Functions;
  /** Never rejects. One at a time: a call during another waits for it. */
  reload(): Promise<Reload>;
  /** Ends the functions, those of a generation that is still draining too. */
  stop(): Promise<void>;
}

export interface GenerationsOptions {
  readonly first: Functions;
  /** Rejects with what is wrong with serverless.yml. */
  readonly load: () => Promise<Manifest>;
  /** Rejects when a handler's module is missing or cannot be built. */
  readonly create: (manifest: Manifest) => Functions | Promise<Functions>;
  readonly onDrainError: (error: unknown) => void;
}

export function createGenerations({ first, load, create, onDrainError }: GenerationsOptions): Generations {
  let current = first;
  let generation = 1;
  let stopped = false;
  let queue: Promise<unknown> = Promise.resolve();
  const draining = new Set<Promise<void>>();

  const replace = async (): Promise<void> => {
    if (stopped) throw stopping();
    const manifest = await load();
    requireSame(current.manifest, manifest);
    const next = await create(manifest);
    try {
      await next.warmUp();
      await current.pause();
    } catch (error) {
      await next.close();
      throw error;
    }
    try {
      await next.start();
    } catch (error) {
      await next.pause();
      await next.close();
      await current.start();
      throw error;
    }
    // Not before it knows its positions: what nobody has finished yet must not be trimmed meanwhile.
    const old = current;
    current = next;
    generation++;
    const drained: Promise<void> = old.close().then(
      () => void draining.delete(drained),
      (error: unknown) => {
        draining.delete(drained);
        onDrainError(error);
      },
    );
    draining.add(drained);
  };

  return {
    get current() {
      return current;
    },
    reload() {
      const result = queue.then(replace).then(
        () => ({ generation }),
        (problem: unknown) => ({ generation, problem }),
      );
      queue = result;
      return result;
    },
    async stop() {
      stopped = true;
      await queue;
      await current.pause();
      await Promise.all([current.close(), ...draining]);
    },
  };
}

/** What the sockets and the log were opened with cannot change under them. */
function requireSame(before: Manifest, after: Manifest): void {
  const fixed = {
    'the streams': ({ streams, settings }: Manifest) => [streams, settings.streams],
    'custom.millrace.gateway': ({ settings }: Manifest) => settings.gateway,
  };
  for (const [what, part] of Object.entries(fixed)) {
    if (isDeepStrictEqual(part(before), part(after))) continue;
    throw new MillraceError(`${what} changed, which takes a restart`, {
      code: 'RELOAD_NEEDS_RESTART',
      hint: 'Stop Millrace and start it again: nothing that was acknowledged is lost.',
    });
  }
}

function stopping(): MillraceError {
  return new MillraceError('the deployment is stopping', { code: 'STOPPING' });
}
