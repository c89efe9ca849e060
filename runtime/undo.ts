/** Remembers how to undo each step of a start, so that a failed start and a stop clean up alike, last step first. */
export interface Undo {
  add(step: () => void | Promise<void>): void;
  /** Runs all steps, whatever single ones throw; rejects with the first error at the end. */
  all(): Promise<void>;
}

export function undoable(): Undo {
  const steps: (() => void | Promise<void>)[] = [];
  return {
    add: (step) => void steps.push(step),
    async all() {
      const errors: unknown[] = [];
      while (steps.length > 0) {
        try {
          await steps.pop()!();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
