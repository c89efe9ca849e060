/** Looks a target's host up and reads its files, once for all connections. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { linkError } from './connect-error.js';
import type { Target } from './driver.js';
import type { Endpoint } from './link.js';
import { readTlsFiles } from './tls-files.js';

const PROBE_TIMEOUT_MS = 3_000;

/** Rejects with `DRIVER_CONNECT` when the host is not known, with `DRIVER_TLS` when files cannot be used. */
export async function prepareEndpoint(target: Target): Promise<Endpoint> {
  const tls = readTlsFiles(target);
  let addresses: { readonly address: string }[];
  try {
    addresses = await lookup(target.host, { all: true });
  } catch (cause) {
    throw linkError(target, cause);
  }
  // `localhost` is often both ::1 and 127.0.0.1 with a server on only one of them.
  for (const { address } of addresses.slice(0, -1)) {
    if (await answers(address, target.port)) return { target, address, tls };
  }
  return { target, address: addresses.at(-1)!.address, tls };
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const tell = (does: boolean) => {
      socket.destroy();
      resolve(does);
    };
    socket.on('connect', () => tell(true));
    socket.on('error', () => tell(false));
    socket.on('timeout', () => tell(false));
  });
}
