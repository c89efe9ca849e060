/**
 * Publishes by HTTP: POST {base}/devices/{id}/telemetry over connections that are kept alive. 2xx is the
 * acknowledgement. A channel has one request under way at a time, which keeps the order; what comes due meanwhile goes
 * as one array of events per device. No answer, 429 and 5xx are tried again; anything else is a refusal.
 */
import { type ClientRequest, Agent as PlainAgent, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { isIP } from 'node:net';
import { Retry } from './backoff.js';
import { type Channel, type ChannelEvents, type Delivery, NOT_CONNECTED, WINDOW_FULL } from './channel.js';
import { wallNow } from './clock.js';
import { linkError } from './connect-error.js';
import { Fifo } from './fifo.js';
import type { Endpoint } from './link.js';

/** What the channels of a driver share. */
export interface HttpShared {
  readonly endpoint: Endpoint;
  readonly events: ChannelEvents;
  readonly seed: number;
  readonly agent: PlainAgent | TlsAgent | null;
  clientIdOf(number: number): string;
  deviceIdOf(device: number): string;
}

const MOST_PER_REQUEST = 100;
const TIMEOUT_MS = 30_000;

export function httpAgent({ target, tls }: Endpoint): PlainAgent | TlsAgent {
  const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 20_000 };
  if (target.transport === 'http') return new PlainAgent(options);
  return new TlsAgent({
    ...options,
    ...tls?.pem,
    rejectUnauthorized: !target.insecure,
    // SNI does not allow addresses.
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
  });
}

export class HttpChannel implements Channel {
  readonly number: number;
  readonly #shared: HttpShared;
  #isWanted = false;
  /** Since when it is wanted, until the first answer. */
  #since = 0;
  #isConnected = false;
  /** Offered, to go with the next requests. */
  readonly #ready = new Fifo<Delivery>();
  readonly #waiting = new Fifo<Delivery>();
  /** In the request under way, or to be sent again. */
  #batch: Delivery[] = [];
  #request: ClientRequest | null = null;
  readonly #retry = new Retry();

  constructor(number: number, shared: HttpShared) {
    this.number = number;
    this.#shared = shared;
  }

  get isOpen(): boolean {
    return this.#isWanted;
  }

  get isSettled(): boolean {
    if (this.inFlight + this.waiting === 0) return true;
    return !this.#isWanted && this.#request === null;
  }

  get inFlight(): number {
    return this.#batch.length + this.#ready.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get hasRoom(): boolean {
    return this.#batch.length === 0 && this.#ready.length < MOST_PER_REQUEST;
  }

  open(now: number): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#since = now;
    this.#goOn();
    this.#shared.events.room(this);
  }

  close(how: 'clean' | 'drop'): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#retry.cancel();
    if (how === 'drop') this.#drop();
    if (this.#isConnected) this.#shared.events.closed(this, null);
    this.#isConnected = false;
  }

  offer(delivery: Delivery): void {
    if (!this.#isWanted) this.#keep(delivery, NOT_CONNECTED);
    else if (this.#batch.length > 0 || this.#waiting.length > 0) this.#keep(delivery, WINDOW_FULL);
    else this.#ready.push(delivery);
  }

  flush(): void {
    if (this.#batch.length === 0) this.#goOn();
  }

  /** Requests have time limits of their own. */
  check(): void {}

  end(): Promise<void> {
    this.#isWanted = false;
    this.#retry.cancel();
    this.#drop();
    return Promise.resolve();
  }

  #drop(): void {
    const request = this.#request;
    this.#request = null;
    request?.destroy();
  }

  #keep(delivery: Delivery, reason: string): void {
    if (this.#shared.events.unsent(delivery, reason)) this.#waiting.push(delivery);
  }

  /** Sends what is next, when nothing is under way. */
  #goOn(): void {
    if (!this.#isWanted || this.#request !== null || this.#retry.isPending) return;
    if (this.#batch.length === 0) {
      while (this.#waiting.length > 0 && this.#ready.length < MOST_PER_REQUEST) {
        this.#shared.events.unkept();
        this.#ready.push(this.#waiting.shift()!);
      }
      this.#batch = this.#nextBatch();
    }
    if (this.#batch.length > 0) this.#post(this.#batch);
  }

  /** Of one device, and of more than one event only when all of them can be part of a JSON array. */
  #nextBatch(): Delivery[] {
    const batch: Delivery[] = [];
    for (let next = this.#ready.peek(); next !== undefined; next = this.#ready.peek()) {
      const first = batch[0];
      const fits =
        first === undefined ||
        (first.device === next.device &&
          first.publish.report.values !== null &&
          next.publish.report.values !== null);
      if (!fits || batch.length === MOST_PER_REQUEST) break;
      batch.push(this.#ready.shift()!);
    }
    return batch;
  }

  #post(batch: readonly Delivery[]): void {
    const { endpoint, agent, events, deviceIdOf } = this.#shared;
    const { target, address } = endpoint;
    const body = bodyOf(batch);
    const { username, password } = target;
    const request = (target.transport === 'https' ? requestTls : requestPlain)({
      agent: agent!,
      host: address,
      port: target.port,
      method: 'POST',
      path: `${target.path.replace(/\/$/, '')}/devices/${encodeURIComponent(deviceIdOf(batch[0]!.device))}/telemetry`,
      headers: {
        host: `${target.host}:${target.port}`,
        'content-type': 'application/json',
        'content-length': body.length,
      },
      ...(username === undefined ? {} : { auth: `${username}:${password ?? ''}` }),
      timeout: TIMEOUT_MS,
    });
    this.#request = request;
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    request.on('error', (error) => {
      if (this.#request === request) this.#failed(error);
    });
    request.on('response', (response) => {
      // The connection is free for the next request when the answer was read to its end.
      response.resume();
      response.on('end', () => {
        if (this.#request === request) this.#answered(response.statusCode ?? 0);
      });
      response.on('error', (error) => {
        if (this.#request === request) this.#failed(error);
      });
    });
    request.end(body);
    const now = wallNow();
    for (const delivery of batch) {
      if (delivery.sentAt > 0) events.resent(delivery);
      else {
        delivery.sentAt = now;
        events.sent(delivery, now);
      }
    }
  }

  #answered(status: number): void {
    const { events } = this.#shared;
    const now = wallNow();
    this.#request = null;
    if (!this.#isConnected && this.#isWanted) {
      this.#isConnected = true;
      events.opened(this, now - this.#since);
    }
    if (status === 429 || status >= 500) {
      this.#tryLater();
      return;
    }
    this.#retry.succeeded();
    const batch = this.#batch;
    this.#batch = [];
    for (const delivery of batch) {
      if (status >= 200 && status < 300) events.acknowledged(delivery, now);
      else events.refused(delivery, `HTTP status ${status}`);
    }
    this.#goOn();
    if (this.#isWanted) events.room(this);
  }

  #failed(cause: Error): void {
    const { events, endpoint } = this.#shared;
    this.#request = null;
    if (this.#isConnected) {
      this.#isConnected = false;
      this.#since = wallNow();
      events.closed(this, cause.message);
    } else events.failed(this, linkError(endpoint.target, cause));
    this.#tryLater();
  }

  #tryLater(): void {
    if (!this.#isWanted) return;
    this.#retry.later(this.#shared.seed, this.#shared.clientIdOf(this.number), () => this.#goOn());
  }
}

function bodyOf(batch: readonly Delivery[]): Buffer {
  if (batch.length === 1) return batch[0]!.publish.payload;
  const parts: Buffer[] = [];
  for (const { publish } of batch) {
    parts.push(Buffer.from(parts.length === 0 ? '[' : ','), publish.payload);
  }
  parts.push(Buffer.from(']'));
  return Buffer.concat(parts);
}
