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
  /** Events not finished yet, by function; null: there may be some, and nobody knows how many. */
  readonly inFlight: Readonly<Record<string, number | null>>;
  readonly lag: Readonly<Record<string, number | null>>;
}

export interface Accounting {
  readonly balanced: boolean;
  readonly imbalances: readonly unknown[];
  readonly partitions: readonly unknown[];
  readonly total: Books;
  readonly streams: readonly {
    readonly name: string;
    readonly lag: Readonly<Record<string, number | null>>;
  }[];
  /** By function, ms behind the latest record; absent where numbers of records say how far it is. */
  readonly behindMs?: Readonly<Record<string, number | null>>;
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

export interface WindowFigures extends Figures {
  readonly first: number;
  readonly last: number;
}

export interface Window extends Bucket {
  readonly metrics: Readonly<Record<string, WindowFigures>>;
}

export interface QuarantineEntry {
  readonly deviceId: string;
  readonly code: string;
  /** RFC 3339 */
  readonly arrivalTime: string;
  readonly payload: string;
  readonly payloadEncoding: 'utf-8' | 'base64';
}

export interface LateEntry {
  readonly deviceId: string;
  /** RFC 3339, both. */
  readonly eventTime: string;
  readonly arrivalTime: string;
  readonly payload: string;
}

export interface AlertEntry {
  readonly rule: string;
  readonly deviceId: string;
}

interface Page<T> {
  readonly items: readonly T[];
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

  /** A device's windows that start at `from` or later, oldest first; none for a device that is not known. */
  windows(deviceId: string, from: number): Promise<Window[]> {
    return this.#pages(`/devices/${encodeURIComponent(deviceId)}/windows`, { from });
  }

  rollups(deviceId: string, period: string, from: number): Promise<Bucket[]> {
    return this.#pages(`/devices/${encodeURIComponent(deviceId)}/rollups`, { period, from });
  }

  /** What arrived at `since` (epoch ms) or later, newest first; at most `most`, plus what its last page holds. */
  quarantine(since: number, most: number): Promise<QuarantineEntry[]> {
    return this.#since('/quarantine', since, most);
  }

  late(since: number, most: number): Promise<LateEntry[]> {
    return this.#since('/late', since, most);
  }

  alerts(state: 'pending' | 'firing'): Promise<AlertEntry[]> {
    return this.#pages('/alerts', { state });
  }

  async #since<T extends { readonly arrivalTime: string }>(
    path: string,
    since: number,
    most: number,
  ): Promise<T[]> {
    let isOver = false;
    const items = await this.#pages<T>(path, {}, (page, count) => {
      isOver = page.some(({ arrivalTime }) => Date.parse(arrivalTime) < since);
      return isOver || count >= most;
    });
    return isOver ? items.filter(({ arrivalTime }) => Date.parse(arrivalTime) >= since) : items;
  }

  async #pages<T>(
    path: string,
    query: Readonly<Record<string, string | number>>,
    isEnough: (page: readonly T[], count: number) => boolean = () => false,
  ): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const parameters = new URLSearchParams({ limit: String(PAGE) });
      for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
      if (cursor !== null) parameters.set('cursor', cursor);
      const page = (await this.#get(`${path}?${parameters}`, 404)) as Page<T> | null;
      if (page === null) return items;
      items.push(...page.items);
      cursor = isEnough(page.items, items.length) ? null : page.next;
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
