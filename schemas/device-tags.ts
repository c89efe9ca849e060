/**
 * The tags of a device, such as its site: by patterns of its id, and from members of its events. What windows of groups
 * are formed by, besides the device type.
 *
 *     byDevice: { 'reefer-{site}-*': { kind: cold } }     reefer-north-17 -> site=north, kind=cold
 *     fromEvent: [site]                                   {"site":"south"} -> site=south
 */
import type { DeviceTagSettings } from '../common/settings.js';

/** Tag -> value. Has no prototype: a tag that is not there is undefined, whatever its name. */
export type DeviceTags = Readonly<Record<string, string>>;

/** Device ids come from outside, without end: what was looked up is forgotten at this many. */
const REMEMBERED = 100_000;
/** Of characters; a member of an event that is longer is no tag, because tags become keys of what is stored. */
export const MAX_TAG_LENGTH = 128;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** What `by` says of itself. */
const RESERVED = ['type', 'device', 'fleet'];
/** `*`, `{name}` or the characters in between. */
const PARTS = /\*|\{([^{}]*)\}|[^*{}]+|[{}]/g;

/** Why this cannot be a tag's name, or undefined. */
export function tagNameProblem(name: string): string | undefined {
  if (RESERVED.includes(name)) return `"${name}" cannot be a tag: it has a meaning of its own`;
  if (NAME.test(name)) return undefined;
  return `"${name}" cannot be a tag: letters, digits, _ and -, a letter first, at most 64`;
}

/** A device id pattern: what matches, and the tags that its placeholders name, in their order. */
export interface TagPattern {
  readonly expression: RegExp;
  readonly names: readonly string[];
  /** Why it cannot be used. */
  readonly problems: readonly string[];
}

export function tagPattern(pattern: string): TagPattern {
  const names: string[] = [];
  const problems: string[] = [];
  let source = '';
  for (const [part, name] of pattern.matchAll(PARTS)) {
    if (part === '*') source += '.*';
    else if (name !== undefined) {
      source += '([^-_.:/]+)';
      const problem = tagNameProblem(name);
      if (problem !== undefined) problems.push(problem);
      if (names.includes(name)) problems.push(`names {${name}} twice`);
      names.push(name);
    } else if (part === '{' || part === '}')
      problems.push('a brace has no other one: tags are written {name}');
    else source += part.replace(/[\\^$.+?()[\]|/-]/g, '\\$&');
  }
  if (pattern === '') problems.push('must not be empty');
  return { expression: new RegExp(`^${source}$`, 's'), names, problems };
}

/** All tags that a device can have by these settings. */
export function tagNames({ byDevice, fromEvent }: DeviceTagSettings): readonly string[] {
  const named = Object.entries(byDevice).flatMap(([pattern, tags]) => [
    ...tagPattern(pattern).names,
    ...Object.keys(tags),
  ]);
  return [...new Set([...named, ...fromEvent])];
}

/**
 * Makes the function (device id, event) -> tags. Called for every event: what it returns is the same object as before
 * while a device's tags stay the same, and must not be changed.
 */
export function deviceTags(
  settings: DeviceTagSettings,
): (deviceId: string, body: Readonly<Record<string, unknown>>) => DeviceTags {
  const patterns = Object.entries(settings.byDevice).map(([pattern, tags]) => ({
    ...tagPattern(pattern),
    tags: Object.entries(tags),
  }));
  const { fromEvent } = settings;
  const none = Object.freeze(empty());
  const ofDevice = (deviceId: string): DeviceTags => {
    let tags: Record<string, string> | undefined;
    for (const { expression, names, tags: fixed } of patterns) {
      const match = expression.exec(deviceId);
      if (match === null) continue;
      tags ??= empty();
      names.forEach((name, index) => {
        tags![name] ??= match[index + 1]!;
      });
      for (const [name, value] of fixed) tags[name] ??= value;
    }
    return tags ?? none;
  };
  if (patterns.length === 0 && fromEvent.length === 0) return () => none;

  const remembered = new Map<string, { readonly own: DeviceTags; latest: DeviceTags }>();
  return (deviceId, body) => {
    let device = remembered.get(deviceId);
    if (device === undefined) {
      const own = ofDevice(deviceId);
      device = { own, latest: own };
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(deviceId, device);
    }
    const { own, latest } = device;
    // Devices seldom change their tags: the answer to the last event is mostly right for this one.
    for (const name of fromEvent) {
      if ((valueIn(body, name) ?? own[name]) !== latest[name]) {
        device.latest = withEvent(own, fromEvent, body);
        return device.latest;
      }
    }
    return latest;
  };
}

function withEvent(
  own: DeviceTags,
  fromEvent: readonly string[],
  body: Readonly<Record<string, unknown>>,
): DeviceTags {
  const tags: Record<string, string> = Object.assign(empty(), own);
  for (const name of fromEvent) {
    const value = valueIn(body, name);
    if (value !== undefined) tags[name] = value;
  }
  return tags;
}

function valueIn(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' && value.length <= MAX_TAG_LENGTH ? value : undefined;
}

function empty(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}
