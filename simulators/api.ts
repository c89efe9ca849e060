/** What the simulator and the benchmark ask the query API. Shapes are the API's own, as far as they are used. */
import { MillraceError, messageOf } from '../common/errors.js';

/** Column of the books, from `GET /accounting`; numbers of records since the deployment's first start. */
export interface Books {
  readonly received: number;
  readonly acknowledged: number;
  readonly stored: number;
  readonly validated: number;
  readonly quarantined: number;
  readonly aggregated: number;
  readonly late: number;
  readonly duplicate: number;
  /** Events not finished yet, by function. */
  readonly inFlight: Readonly<Record<string, number>>;
  readonly lag: Readonly<Record<string, number>>;
}

export interface Accounting {
  readonly balanced: boolean;
  readonly imbalances: readonly unknown[];
  readonly total: Books;
  readonly streams: readonly { readonly name: string; readonly lag: Readonly<Record<string, number>> }[];
}

export interface Figures {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export interface Bucket {
  /** RFC 3339 */
  readonly start: string;
  readonly events: number;
  readonly metrics: Readonly<Record<string, Figures>>;
}

interface Page {
  readonly items: readonly Bucket[];
  readonly next: string | null;
}

const PAGE = 1000;

export class Api {
  readonly #base: string;

  /** @param base e.g. `http://127.0.0.1:8080` */
  constructor(base: string) {
    this.#base = base.replace(/\/+$/, '');
  }

  async accounting(): Promise<Accounting> {
    return (await this.#get('/accounting')) as Accounting;
  }

  /** A device's windows that start in [from, to), oldest first; none for a device that is not known. */
  windows(deviceId: string, metric: string, from: number, to: number): Promise<Bucket[]> {
    return this.#pages(`/devices/${encodeURIComponent(deviceId)}/windows`, { metric, from, to });
  }

  rollups(deviceId: string, metric: string, period: string, from: number, to: number): Promise<Bucket[]> {
    return this.#pages(`/devices/${encodeURIComponent(deviceId)}/rollups`, { metric, period, from, to });
  }

  async #pages(path: string, query: Readonly<Record<string, string | number>>): Promise<Bucket[]> {
    const items: Bucket[] = [];
    let cursor: string | null = null;
    do {
      const parameters = new URLSearchParams({ limit: String(PAGE) });
      for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
      if (cursor !== null) parameters.set('cursor', cursor);
      const page = (await this.#get(`${path}?${parameters}`, 404)) as Page | null;
      if (page === null) return items;
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  }

  /** The JSON answer, or null when the status is `absent`. Throws `API_UNREACHABLE` or `API_ERROR`. */
  async #get(path: string, absent?: number): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(this.#base + path);
    } catch (cause) {
      throw new MillraceError(`no answer from ${this.#base}: ${messageOf(cause)}`, {
        code: 'API_UNREACHABLE',
        canRetry: true,
        hint: 'Is Millrace running (npm start)? --http says where its query API is.',
        cause,
      });
    }
    if (response.status === absent) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) {
      const text = await response.text();
      throw new MillraceError(`GET ${path} answered ${response.status}: ${text.slice(0, 300)}`, {
        code: 'API_ERROR',
        canRetry: response.status >= 500,
      });
    }
    return response.json();
  }
}

/** Events of one metric over buckets. */
export function countOf(buckets: readonly Bucket[], metric: string): number {
  return buckets.reduce((sum, bucket) => sum + (bucket.metrics[metric]?.count ?? 0), 0);
}
