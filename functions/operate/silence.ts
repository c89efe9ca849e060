/**
 * A silence from what an operator sent. Pure: the time is an argument.
 *
 * Patterns are RE2's and match whole labels, in linear time (`dispatch/config/pattern.ts`). As in Alertmanager, one matcher at least must not be satisfied by a label that is not there; one that is
 * satisfied by anything does not count either: a silence for everything hides the next fire as well.
 */
import { durationMs } from '../../common/units.js';
import type { Matcher, Silence } from '../../stores/operations.js';
import { matcherProblem, parseMatcher, testOf } from '../dispatch/config/matchers.js';
import type { BodyError } from '../query/problem.js';
import { parseTime } from '../query/timestamps.js';

/** The body as its schema lets it through. */
export interface AddSilence {
  readonly matchers: readonly (string | Matcher)[];
  readonly startsAt?: string | number;
  readonly endsAt?: string | number;
  readonly duration?: string;
  readonly author: string;
  readonly reason: string;
  readonly id?: string;
}

/** What should never be told is a rule to delete. */
const MAX_MS = durationMs('52w')!;
/** A value that no label has: what matches it matches anything. */
const ANYTHING = '\u{10fffd}8f14e45f';

export type NewSilence =
  | { readonly ok: true; readonly silence: Silence }
  | { readonly ok: false; readonly errors: readonly BodyError[] };

/** @param id of the silence, when the body names none; `time` epoch ms */
export function newSilence(body: AddSilence, id: string, time: number): NewSilence {
  const errors: BodyError[] = [];
  const refuse = (pointer: string, detail: string) => void errors.push({ pointer, detail });
  const matchers = matchersOf(body.matchers, refuse);
  const { startsAt, endsAt } = spanOf(body, time, refuse);
  if (errors.length > 0) return { ok: false, errors };
  const { author, reason } = body;
  const silence = { id: body.id ?? id, matchers, startsAt, endsAt, author, reason };
  return { ok: true, silence: { ...silence, createdAt: time, expiredBy: null } };
}

/**
 * Whether a silence is what this body asked for before: its times may have been relative to then, and it may have been
 * ended since.
 */
export function isSameRequest(asked: Silence, found: Silence): boolean {
  const what = ({ matchers, author, reason }: Silence) => JSON.stringify([matchers, author, reason]);
  return what(asked) === what(found);
}

type Refuse = (pointer: string, detail: string) => void;

function matchersOf(given: AddSilence['matchers'], refuse: Refuse): Matcher[] {
  const problems: string[] = [];
  const matchers = given.flatMap((one, index) => {
    const parsed = typeof one === 'string' ? parseMatcher(one) : checked(one);
    if (parsed.ok) return [parsed.matcher];
    problems.push(parsed.reason);
    refuse(`/matchers/${index}`, parsed.reason);
    return [];
  });
  if (problems.length === 0 && !matchers.some(narrows)) {
    refuse(
      '/matchers',
      'match every alert: one of them must ask for a value, such as severity="warning" or site=~"a|b"',
    );
  }
  return matchers;
}

function checked({ name, value, isRegex, isEqual }: Matcher) {
  const matcher: Matcher = { name, value, isRegex, isEqual };
  const reason = matcherProblem(matcher);
  return reason === undefined ? ({ ok: true, matcher } as const) : ({ ok: false, reason } as const);
}

function narrows(matcher: Matcher): boolean {
  const test = testOf([matcher]);
  return !test({}) && !test({ [matcher.name]: ANYTHING });
}

function spanOf({ startsAt, endsAt, duration }: AddSilence, time: number, refuse: Refuse) {
  const start = Math.max(time, startsAt === undefined ? time : timeOf(startsAt));
  if ((endsAt === undefined) === (duration === undefined)) {
    refuse('/endsAt', 'or duration must be given, and not both');
    return { startsAt: start, endsAt: start };
  }
  const length = duration === undefined ? undefined : durationMs(duration);
  if (duration !== undefined && (length === undefined || length === 0)) {
    refuse('/duration', 'must be a duration such as 2h or 1h30m');
    return { startsAt: start, endsAt: start };
  }
  const end = length === undefined ? timeOf(endsAt!) : start + length;
  const place = length === undefined ? '/endsAt' : '/duration';
  if (end <= start) refuse(place, 'must be later than now and than startsAt');
  if (end - start > MAX_MS) refuse(place, 'is more than 52 weeks after startsAt');
  return { startsAt: start, endsAt: end };
}

/** Of what the schema has let through. */
function timeOf(given: string | number): number {
  return parseTime(String(given)) ?? Number.NaN;
}
