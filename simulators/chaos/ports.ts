/**
 * Ports for a backend that has to come back on the same ones. They lie below the range from which systems take ports
 * of outgoing connections (32768 and up on Linux, 49152 and up elsewhere): while the backend is down, a device that
 * reconnects could otherwise be given its port, and on loopback even connect to itself.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { codeOf, MillraceError } from '../../common/errors.js';

const LOWEST = 10_240;
const HIGHEST = 32_767;
const ATTEMPTS = 100;

/** A port of `host` that nothing listens on. Code `BACKEND_PORT` when none is found. */
export async function restartablePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Not seeded: two runs of one scenario on a machine must not meet on a port.
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(host, port)) return port;
  }
  throw new MillraceError(`${host} has no free port from ${LOWEST} to ${HIGHEST}`, {
    code: 'BACKEND_PORT',
    hint: 'Name the ports.',
  });
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return false;
    throw error;
  }
  await once(server.close(), 'close');
  return true;
}
