/**
 * The device type of a device whose events do not name one: by a pattern of its id, else the default.
 */
import { MillraceError } from '../common/errors.js';
import type { DeviceTypeSettings } from '../common/settings.js';
import type { SchemaRegistry } from './registry.js';

/** Device ids come from outside, without end: what was looked up is forgotten at this many. */
const REMEMBERED = 100_000;

/** `*` in the pattern matches any run of characters, the rest itself. */
export function devicePattern(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

/** Makes the function device id -> type. Throws `DEVICE_TYPE_UNKNOWN` when a type that is named has no schema. */
export function deviceTypeRule(
  settings: DeviceTypeSettings,
  registry: SchemaRegistry,
): (deviceId: string) => string {
  const named = [settings.default, ...Object.values(settings.byDevice)];
  const unknown = named.filter((type) => registry.validator(type) === undefined);
  if (unknown.length > 0) {
    throw new MillraceError(
      `the settings name device types without a schema: ${[...new Set(unknown)].join(', ')}`,
      {
        code: 'DEVICE_TYPE_UNKNOWN',
        hint: `Known types: ${registry.types.join(', ')}. Put a <type>.json into schemas/types.`,
      },
    );
  }
  const patterns = Object.entries(settings.byDevice).map(
    ([pattern, type]) => [devicePattern(pattern), type] as const,
  );
  if (patterns.length === 0) return () => settings.default;
  const remembered = new Map<string, string>();
  return (deviceId) => {
    let type = remembered.get(deviceId);
    if (type === undefined) {
      type = patterns.find(([pattern]) => pattern.test(deviceId))?.[1] ?? settings.default;
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(deviceId, type);
    }
    return type;
  };
}
