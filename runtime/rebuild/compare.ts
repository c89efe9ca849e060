/** Two lists of rows, side by side. */
import type { Measured, WindowRow } from '../../stores/aggregation.js';
import type { Page, PageRequest } from '../../stores/validation.js';

const PAGE = 1_000;

/** A window or a bucket of a rollup. */
export type Row = Measured & {
  readonly start: number;
  readonly end: number;
} & Partial<Pick<WindowRow, 'size' | 'partition' | 'closed' | 'revision'>>;

export interface Pair<R> {
  readonly stored: R | undefined;
  readonly rebuilt: R | undefined;
}

/** All rows, page by page. */
export async function* allRows<R>(read: (page: PageRequest) => Promise<Page<R>>): AsyncGenerator<R> {
  let cursor: string | null = null;
  do {
    const page: Page<R> = await read({ limit: PAGE, cursor });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== null);
}

/** Rows of the same window or bucket; both lists are in order of start, size and partition. */
export async function* pairs<R extends Row>(
  stored: AsyncIterator<R>,
  rebuilt: AsyncIterator<R>,
): AsyncGenerator<Pair<R>> {
  let left = await stored.next();
  let right = await rebuilt.next();
  while (left.done !== true || right.done !== true) {
    const order = left.done === true ? 1 : right.done === true ? -1 : compareKeys(left.value, right.value);
    yield {
      stored: order <= 0 ? (left.value as R) : undefined,
      rebuilt: order >= 0 ? (right.value as R) : undefined,
    };
    if (order <= 0) left = await stored.next();
    if (order >= 0) right = await rebuilt.next();
  }
}

function compareKeys(a: Row, b: Row): number {
  return a.start - b.start || (a.size ?? 0) - (b.size ?? 0) || (a.partition ?? 0) - (b.partition ?? 0);
}

/** What two rows differ in: `events`, `closed`, `temperature.sum`, …; a metric that only one has is named alone. */
export function differing(stored: Row, rebuilt: Row): string[] {
  const found: string[] = [];
  for (const name of ['end', 'events', 'closed', 'revision'] as const) {
    if (stored[name] !== rebuilt[name]) found.push(name);
  }
  found.push(...differingMetrics(stored.metrics, rebuilt.metrics));
  found.push(...differingMetrics(stored.states ?? {}, rebuilt.states ?? {}));
  return found;
}

type Figures = Readonly<Record<string, object>>;

function differingMetrics(stored: Figures, rebuilt: Figures): string[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(rebuilt)])].sort();
  return names.flatMap((metric) => {
    const a = Object.hasOwn(stored, metric) ? stored[metric] : undefined;
    const b = Object.hasOwn(rebuilt, metric) ? rebuilt[metric] : undefined;
    if (a === undefined || b === undefined) return [metric];
    return differingFigures(a, b).map((figure) => `${metric}.${figure}`);
  });
}

function differingFigures(a: object, b: object): string[] {
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  const names = [...new Set([...left.keys(), ...right.keys()])];
  // Figures are numbers, texts, and lists and records of them, which are written in one order.
  return names.filter((name) => JSON.stringify(left.get(name)) !== JSON.stringify(right.get(name)));
}
