/** Parsers of option values, for commander: they throw `InvalidArgumentError` with what is expected. */
import { InvalidArgumentError } from 'commander';
import { durationMs, sizeBytes } from '../common/units.js';
import { filterProblem } from '../simulators/capture/topics.js';
import { parseTime } from '../simulators/mapping.js';
import type { Moment } from '../simulators/selection.js';

/** ms; a bare number is seconds. */
export function duration(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : durationMs(text);
  if (ms === undefined || ms <= 0) {
    throw new InvalidArgumentError('Must be seconds, or a duration such as 90s or 1h30m.');
  }
  return ms;
}

/** ms; with a sign or none. */
export function signedDuration(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  return sign * duration(text.replace(/^[+-]/, ''));
}

/** Bytes. */
export function size(text: string): number {
  const bytes = sizeBytes(/^\d+$/.test(text) ? Number(text) : text);
  if (bytes === undefined || bytes < 1) {
    throw new InvalidArgumentError('Must be bytes, or a size such as 64MiB or 1GiB.');
  }
  return bytes;
}

export function count(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('Must be a whole number from 1.');
  }
  return value;
}

/** Epoch ms. */
export function time(text: string): number {
  const ms = parseTime(text);
  if (ms === undefined) {
    throw new InvalidArgumentError('Must be a time: RFC 3339, a date, epoch seconds or epoch milliseconds.');
  }
  return ms;
}

/** A time, or a duration (with its unit) after the beginning of a recording. */
export function moment(text: string): Moment {
  const ms = durationMs(text);
  if (ms !== undefined) return { kind: 'after', ms };
  return { kind: 'at', time: time(text) };
}

/** For options that may be given more than once. */
export function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** As `collected`, of MQTT filters. */
export function filters(text: string, before: readonly string[] = []): string[] {
  const problem = filterProblem(text);
  if (problem !== undefined) throw new InvalidArgumentError(`Must be an MQTT topic filter: ${problem}.`);
  return collected(text, before);
}
