/** Environments that a test plays itself: what was sent lies there to be looked at, and answered by hand. */
import type { ChannelEvents, OpenChannel } from '../../runtime/environments/channel.js';
import { exited } from '../../runtime/environments/failures.js';
import type { Round } from '../../runtime/environments/packing.js';
import type { EnvironmentSpec, ToEnvironment } from '../../runtime/environments/protocol.js';

export interface FakeEnvironment {
  readonly spec: EnvironmentSpec;
  readonly events: ChannelEvents;
  /** Everything sent but rounds. */
  readonly messages: Exclude<ToEnvironment, { type: 'round' }>[];
  readonly rounds: { readonly id: number; readonly round: Round }[];
  /** What the host reads as progress. */
  progress: { id: number; index: number; elapsedMs: number };
  terminated: boolean;
  /** Every batch of the round sent last succeeded. */
  finish(): void;
  /** It ended by itself. */
  die(): void;
}

/** @param autoReady environments are ready as soon as they are opened */
export function fakeEnvironments(autoReady = true) {
  const opened: FakeEnvironment[] = [];
  const open: OpenChannel = (spec, events) => {
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      queueMicrotask(() => events.onEnd(exited(spec, 'exit code 0')));
    };
    const fake: FakeEnvironment = {
      spec,
      events,
      messages: [],
      rounds: [],
      progress: { id: 0, index: 0, elapsedMs: 0 },
      terminated: false,
      finish() {
        const { id, round } = fake.rounds.at(-1)!;
        const durationsMs = round.requestIds.map(() => 2);
        events.onMessage({
          type: 'finished',
          id,
          outcome: null,
          usage: { durationsMs, memoryBytes: 1024 ** 2 },
        });
      },
      die: end,
    };
    opened.push(fake);
    if (autoReady) {
      queueMicrotask(() => events.onMessage({ type: 'ready', startedAt: 0, importMs: 5, freezes: false }));
    }
    return {
      enforcesTimeout: true,
      send(message) {
        fake.messages.push(message);
        if (message.type === 'close') end();
      },
      sendRound: (id, round) => void fake.rounds.push({ id, round }),
      progress: () => fake.progress,
      freeze: () => undefined,
      terminate() {
        fake.terminated = true;
        end();
      },
    };
  };
  return { opened, open };
}
