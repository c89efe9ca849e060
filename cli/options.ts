/** Options that several client commands share; their letters and defaults are mosquitto's and emqtt-bench's. */
import { InvalidArgumentError, Option } from 'commander';

export function defaultHttpUrl(): string {
  return `http://${process.env.MILLRACE_HOST ?? '127.0.0.1'}:${process.env.MILLRACE_HTTP_PORT ?? 8080}`;
}

export function qosOption(): Option {
  return new Option('-q, --qos <qos>', 'quality of service').default(1).argParser((text) => {
    if (!/^[012]$/.test(text)) throw new InvalidArgumentError('Must be 0, 1 or 2.');
    return Number(text);
  });
}

/** Aborted by the first Ctrl-C or SIGTERM, so that work ends in order; the second one ends the process. */
export function endOnSignal(): AbortSignal {
  const controller = new AbortController();
  const end = () => {
    process.off('SIGINT', end).off('SIGTERM', end);
    controller.abort();
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  return controller.signal;
}
