/** What becomes a silence, and what is refused with every place. */
import { type AddSilence, isSameRequest, newSilence } from '../../../functions/operate/silence.js';

const NOW = Date.UTC(2024, 4, 1, 12);
const HOUR = 3_600_000;
const ID = '0b0f4b6e-3a2c-4a53-9a70-1e3a2c4a5301';

const asked = (changes: Partial<AddSilence> = {}): AddSilence => ({
  matchers: ['severity="warning"'],
  author: 'ann',
  reason: 'works',
  ...('endsAt' in changes ? {} : { duration: '2h' }),
  ...changes,
});
const made = (changes?: Partial<AddSilence>) => {
  const result = newSilence(asked(changes), ID, NOW);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.silence;
};
const refused = (changes: Partial<AddSilence>) => {
  const result = newSilence(asked(changes), ID, NOW);
  return result.ok ? [] : result.errors.map(({ pointer }) => pointer);
};

test('matchers as text and as objects; from now on for a duration', () => {
  const site = { name: 'site', value: 'n.*|south', isRegex: true, isEqual: false };
  expect(made({ matchers: ['severity="warning"', site] })).toEqual({
    id: ID,
    matchers: [{ name: 'severity', value: 'warning', isRegex: false, isEqual: true }, site],
    startsAt: NOW,
    endsAt: NOW + 2 * HOUR,
    author: 'ann',
    reason: 'works',
    createdAt: NOW,
    expiredBy: null,
  });
});

test('one to come, one that should have begun already, and one with an end', () => {
  const times = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) => [
    startsAt - NOW,
    endsAt - NOW,
  ];
  expect(times(made({ startsAt: '2024-05-01T13:00:00Z' }))).toEqual([HOUR, 3 * HOUR]);
  expect(times(made({ startsAt: NOW - HOUR }))).toEqual([0, 2 * HOUR]);
  expect(times(made({ endsAt: NOW + HOUR }))).toEqual([0, HOUR]);
});

test.each<[string, Partial<AddSilence>, string[]]>([
  ['an end that has passed', { endsAt: NOW }, ['/endsAt']],
  ['both ends', { endsAt: NOW + 1, duration: '1h' }, ['/endsAt']],
  ['no duration', { duration: 'soon' }, ['/duration']],
  ['nothing at all', { duration: '0s' }, ['/duration']],
  ['for ever', { duration: '5000d' }, ['/duration']],
  ['no matcher', { matchers: ['severity="a"', 'severity'] }, ['/matchers/1']],
  ['no pattern', { matchers: ['severity=~"("'] }, ['/matchers/0']],
  ['patterns that are none', { matchers: ['site=~"(?=a)"', 'x=~"y'] }, ['/matchers/0', '/matchers/1']],
  ['everything, by any text', { matchers: ['site=~".*"'] }, ['/matchers']],
  ['everything with the label', { matchers: ['deviceId=~".+"'] }, ['/matchers']],
  ['everything but one', { matchers: ['site!="north"', 'site!~"s.*"'] }, ['/matchers']],
  ['everything without a label', { matchers: ['nosuch=""'] }, ['/matchers']],
])('%s is refused', (_, changes, pointers) => {
  expect(refused(changes)).toEqual(pointers);
});

test('what does not narrow is fine beside what does', () => {
  expect(refused({ matchers: ['site!="north"', 'alertname="TooWarm"'] })).toEqual([]);
  expect(refused({ matchers: ['deviceId=~"reefer-.+"'] })).toEqual([]);
});

test('the same request a moment later is the same, another one is not', () => {
  const first = made();
  expect(
    isSameRequest({ ...first, startsAt: NOW + 5, endsAt: NOW + 9 }, { ...first, expiredBy: 'bob' }),
  ).toBe(true);
  expect(isSameRequest(made({ reason: 'other' }), first)).toBe(false);
});
