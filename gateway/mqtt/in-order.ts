/**
 * Keeps messages in the order they were published in, although storing them for absent sessions takes a different
 * time for each.
 *
 * Aedes numbers a message when its publish begins, and lets a subscriber have it when it has been stored. To tell
 * copies apart (overlapping subscriptions), it gives a subscriber no message whose number is below the last one: a
 * message that was overtaken would be missing for good. So each waits here for those before it.
 */
export interface InOrder {
  /** Announces the message with this number. Numbers must be announced in ascending order. */
  expect(number: number): void;
  /** Runs `emit` as soon as all messages announced before `number` were emitted or given up. */
  emit(number: number, emit: () => void): void;
  /** The message will not be emitted. No effect on one that was. */
  giveUp(number: number): void;
}

export function createInOrder(): InOrder {
  /** In the order of the announcements: the emission that is ready, null when given up, undefined while storing. */
  const waiting = new Map<number, (() => void) | null | undefined>();
  const flush = () => {
    for (const [number, emit] of waiting) {
      if (emit === undefined) return;
      waiting.delete(number);
      emit?.();
    }
  };
  return {
    expect: (number) => void waiting.set(number, undefined),
    emit(number, emit) {
      if (!waiting.has(number)) {
        emit();
        return;
      }
      waiting.set(number, emit);
      flush();
    },
    giveUp(number) {
      if (!waiting.has(number)) return;
      waiting.set(number, null);
      flush();
    },
  };
}

/**
 * Work that begins at once and may end in any order, but whose promises settle in the order of the calls, per key.
 */
export function settleInOrder<T>(): (key: string, work: Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const before = last.get(key);
    const settled = before === undefined ? work : before.then(() => work);
    const quiet = settled.then(
      () => undefined,
      () => undefined,
    );
    last.set(key, quiet);
    void quiet.then(() => {
      if (last.get(key) === quiet) last.delete(key);
    });
    return settled;
  };
}
