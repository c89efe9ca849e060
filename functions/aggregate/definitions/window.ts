/** `window:` of a definition -> WindowShape. */
import type { WindowShape } from '../../../common/aggregations.js';
import { suggestion } from '../../../common/problems.js';
import type { Reader } from './reader.js';

/** Of hopping windows that hold an event: each costs as much as a tumbling one. */
export const MAX_OVERLAP = 60;
export const MAX_LAST = 1_000;
const DAY = 86_400_000;
const MINUTE = 60_000;
const EXAMPLES = '10s, { hopping: 1m, every: 10s }, { session: 5m, max: 1d } or { last: 100 }';

/** Kind of window -> the settings it has. */
const KINDS: Readonly<Record<WindowShape['type'], readonly string[]>> = {
  tumbling: ['tumbling'],
  hopping: ['hopping', 'every'],
  session: ['session', 'max'],
  last: ['last'],
};

/** Undefined when problems were reported. */
export function readWindow(window: Reader): WindowShape | undefined {
  if (!window.given) return window.refuse(`is missing: ${EXAMPLES}`);
  if (typeof window.value !== 'object') return tumbling(window);
  if (!window.isMap(EXAMPLES)) return undefined;
  const keys = window.keys();
  const kinds = (Object.keys(KINDS) as WindowShape['type'][]).filter((kind) => keys.includes(kind));
  const [kind, ...more] = kinds;
  if (kind === undefined) {
    const [first = ''] = keys;
    return window.refuse(`must be one of ${EXAMPLES}${suggestion(first, Object.keys(KINDS))}`);
  }
  if (more.length > 0) return window.refuse(`must be of one kind, not ${kinds.join(' and ')}`);
  window.isMap(EXAMPLES, KINDS[kind]);
  return READ[kind](window);
}

const READ: Readonly<Record<WindowShape['type'], (window: Reader) => WindowShape | undefined>> = {
  tumbling: (window) => tumbling(window.at('tumbling')),
  hopping,
  session,
  last,
};

function tumbling(size: Reader): WindowShape | undefined {
  const sizeMs = size.duration(undefined, 0);
  return sizeMs === undefined ? undefined : { type: 'tumbling', sizeMs };
}

function hopping(window: Reader): WindowShape | undefined {
  const sizeMs = window.at('hopping').duration(undefined, 0);
  const every = window.at('every');
  const everyMs = every.duration(undefined, 0);
  if (sizeMs === undefined || everyMs === undefined) return undefined;
  if (sizeMs % everyMs !== 0)
    return every.refuse('must divide the size evenly, so that windows end when others begin');
  const overlap = sizeMs / everyMs;
  if (overlap > MAX_OVERLAP) {
    return every.refuse(`puts every event into ${overlap} windows; at most ${MAX_OVERLAP} are allowed`);
  }
  return { type: 'hopping', sizeMs, everyMs };
}

function session(window: Reader): WindowShape | undefined {
  const gap = window.at('session');
  const gapMs = gap.duration(undefined, 0);
  const maxMs = window.at('max').duration(DAY, 0);
  if (gapMs === undefined || maxMs === undefined) return undefined;
  if (gapMs > maxMs) return gap.refuse('must not be above max: a session is at most that long');
  return { type: 'session', gapMs, maxMs };
}

function last(window: Reader): WindowShape | undefined {
  const count = window.at('last');
  const { value } = count;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_LAST) {
    return count.refuse(`must be a whole number from 1 to ${MAX_LAST}`);
  }
  return { type: 'last', count: value };
}

/** Whether windows are whole parts of a minute: rollups of a minute are made of them. */
export function dividesMinute(shape: WindowShape): boolean {
  return shape.type === 'tumbling' && MINUTE % shape.sizeMs === 0;
}

/** In how many windows of this shape an event is. */
export function windowsPerEvent(shape: WindowShape): number {
  return shape.type === 'hopping' ? shape.sizeMs / shape.everyMs : 1;
}

/** For how long after its event a window may still be open, without lateness (ms); those of the last events always are. */
export function longestMs(shape: WindowShape): number {
  if (shape.type === 'last') return 0;
  return shape.type === 'session' ? shape.maxMs : shape.sizeMs;
}
