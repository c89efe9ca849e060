/**
 * Where a window keeps which number. A million open windows differ in their numbers, hardly in their metrics: so a
 * window is one array of doubles (64 bytes a metric), and which metric is where stands in a layout that windows
 * with the same metrics share.
 */

/** Numbers per metric, and their places. */
export const WIDTH = 8;
export const COUNT = 0;
export const SUM = 1;
export const MIN = 2;
export const MAX = 3;
export const FIRST = 4;
export const FIRST_TIME = 5;
export const LAST = 6;
export const LAST_TIME = 7;

/** A metric without a value yet; whatever comes is less than its `min`, later than its `last`, … */
const BLANK: readonly number[] = [0, 0, Infinity, -Infinity, 0, Infinity, 0, -Infinity];

/** With more metrics a window has a layout of its own: shared ones each cost a copy of all names. */
const MAX_SHARED_NAMES = 64;
/** Then a new tree begins, and the old one goes when its last windows have closed. */
const MAX_LAYOUTS = 1_000;

/** Names in the order of their slots. */
export class Layout {
  readonly names: string[];
  readonly shared: boolean;
  /** Layouts that have one name more. */
  readonly next = new Map<string, Layout>();
  readonly #slots: Map<string, number>;
  #blank: number[] | null = null;

  constructor(names: string[], shared: boolean) {
    this.names = names;
    this.shared = shared;
    this.#slots = new Map(names.map((name, slot) => [name, slot]));
  }

  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** Only of a layout that is not shared. */
  push(name: string): void {
    this.#slots.set(name, this.names.length);
    this.names.push(name);
  }

  /** Numbers for all slots. A copy of doubles stays an array of doubles, and is as long as need be. */
  blank(): number[] {
    this.#blank ??= this.names.flatMap(() => BLANK);
    return this.#blank.slice();
  }
}

/** The tree of layouts: from a layout, a name leads to the one that has it too. */
export class Layouts {
  #empty = new Layout([], true);
  #made = 0;

  empty(): Layout {
    return this.#empty;
  }

  /** The layout with one name more, and `values` with room for it (either may be the same object, changed). */
  grow(layout: Layout, name: string, values: number[]): { layout: Layout; values: number[] } {
    if (layout.shared && layout.names.length < MAX_SHARED_NAMES) {
      const next = layout.next.get(name) ?? this.#make(layout, name);
      const grown = next.blank();
      for (let i = 0; i < values.length; i++) grown[i] = values[i]!;
      return { layout: next, values: grown };
    }
    const own = layout.shared ? new Layout([...layout.names], false) : layout;
    own.push(name);
    values.push(...BLANK);
    return { layout: own, values };
  }

  #make(layout: Layout, name: string): Layout {
    if (++this.#made > MAX_LAYOUTS) {
      this.#empty = new Layout([], true);
      this.#made = 0;
    }
    const made = new Layout([...layout.names, name], true);
    layout.next.set(name, made);
    return made;
  }
}
