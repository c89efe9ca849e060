/** The PEM files of a target, read once for all its connections. */
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { Target } from './driver.js';

export interface TlsFiles {
  readonly pem: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  /** Shared by all connections: parsing certificates for each would cost time and memory. */
  readonly context: SecureContext;
}

/** Null for a target without TLS. Throws `DRIVER_TLS` when a file cannot be read or is not what it should be. */
export function readTlsFiles(target: Target): TlsFiles | null {
  if (target.transport !== 'mqtts' && target.transport !== 'wss' && target.transport !== 'https') return null;
  const pem = {
    ...(target.ca === undefined ? {} : { ca: read(target.ca, '--cafile') }),
    ...(target.cert === undefined ? {} : { cert: read(target.cert, '--cert') }),
    ...(target.key === undefined ? {} : { key: read(target.key, '--key') }),
  };
  try {
    return { pem, context: createSecureContext(pem) };
  } catch (cause) {
    throw new MillraceError(`the TLS files cannot be used: ${messageOf(cause)}`, {
      code: 'DRIVER_TLS',
      hint: '--cafile, --cert and --key name files in PEM format; the key must be that of the certificate.',
      cause,
    });
  }
}

function read(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new MillraceError(`${flag} ${file} cannot be read: ${messageOf(cause)}`, {
      code: 'DRIVER_TLS',
      hint: 'Name a file in PEM format.',
      cause,
    });
  }
}
