/**
 * The load driver as a process of its own: `node dist/bench/driver/main.js '{"port":1883,"mode":"closed"}'`.
 * Takes a `DriverConfig` (JSON, missing fields from the defaults), prints a `DriverResult` (JSON).
 */
import { MillraceError, messageOf } from '../../common/errors.js';
import { DRIVER_DEFAULTS, type DriverConfig } from './config.js';
import { drive } from './run.js';

function readConfig(text: string | undefined): DriverConfig {
  const given = JSON.parse(text ?? '{}') as Record<string, unknown>;
  for (const key of Object.keys(given)) {
    if (!(key in DRIVER_DEFAULTS)) {
      throw new MillraceError(`unknown setting "${key}"`, {
        code: 'DRIVER_CONFIG',
        hint: `Known are ${Object.keys(DRIVER_DEFAULTS).join(', ')}.`,
      });
    }
  }
  const config = { ...DRIVER_DEFAULTS, ...given } as DriverConfig;
  if (config.mode === 'open' && !(config.rate > 0)) {
    throw new MillraceError('mode "open" needs a rate above 0', { code: 'DRIVER_CONFIG' });
  }
  if (config.devices < config.connections) {
    throw new MillraceError('every connection needs at least one device', { code: 'DRIVER_CONFIG' });
  }
  return config;
}

try {
  const result = await drive(readConfig(process.argv[2]));
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  process.stderr.write(`load driver: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
