/**
 * Reads a running product through its HTTP API, as any client could: the books, pages to their end, health, metrics.
 */
import type { Accounting } from '../../functions/query/accounting.js';
import type { Json } from './json.js';
import { poll } from './poll.js';
import type { Product } from './product.js';

export interface Reader {
  json(path: string): Promise<Json>;
  /** All items of a paged resource; `path` may have a query already. */
  all(path: string): Promise<Json[]>;
  /** The books. Fails when they do not balance, whenever it is asked. */
  books(): Promise<Accounting>;
  /** The books once every function of every stream has finished every event, and they balance. */
  settledBooks(timeoutMs?: number): Promise<Accounting>;
  ready(): Promise<{ status: number; body: Json }>;
  /** Value of a metric by its name and labels as written in the exposition, or undefined. */
  metric(nameAndLabels: string): Promise<number | undefined>;
  /** Resident memory of the process, in MB. */
  residentMB(): Promise<number>;
}

/** The API's largest page. */
const PAGE = 1000;

export function readerOf(product: Pick<Product, 'httpUrl'>): Reader {
  const json = async (path: string) => {
    const response = await fetch(`${product.httpUrl}${path}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<Json>;
  };
  const books = async () => {
    const accounting = (await json('/accounting')) as Accounting;
    if (!accounting.balanced) {
      throw new Error(`the books do not balance: ${JSON.stringify(accounting, null, 1)}`);
    }
    return accounting;
  };
  const metric = async (nameAndLabels: string) => {
    const text = await (await fetch(`${product.httpUrl}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${nameAndLabels} `));
    return line === undefined ? undefined : Number(line.slice(nameAndLabels.length + 1));
  };
  return {
    json,
    books,
    async all(path) {
      const items: Json[] = [];
      let cursor: string | null = null;
      do {
        const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await json(`${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${at}`);
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    },
    settledBooks: (timeoutMs = 15_000) =>
      poll(
        async () => {
          const accounting = await books();
          return isSettled(accounting) ? accounting : null;
        },
        { timeoutMs, what: 'the functions having finished every event' },
      ),
    async ready() {
      const response = await fetch(`${product.httpUrl}/readyz`);
      return { status: response.status, body: (await response.json()) as Json };
    },
    metric,
    residentMB: async () => ((await metric('process_resident_memory_bytes')) ?? Number.NaN) / 1e6,
  };
}

/** Ticks come every second and may be unfinished at any time: `alert`, which reports records, may lag by those. */
function isSettled({ total, streams, partitions }: Accounting): boolean {
  return (
    total.inFlight.validate === 0 &&
    total.inFlight.aggregate === 0 &&
    total.lag.alert !== null &&
    (total.lag.alert ?? 0) <= partitions.length &&
    streams.every(({ lag }) => Object.values(lag).every((records) => records === 0))
  );
}
