// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en');
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** A number of something; null: nobody knows. */
export const count = (value) => (value === null ? '–' : whole.format(value));

/** One or more of something: `1 device`, `3 devices`. */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** A rate: two digits while it is small, whole numbers after. */
export function rate(value) {
  if (value === undefined) return '–';
  if (value === 0) return '0';
  return value < 10 ? value.toFixed(1) : count(Math.round(value));
}

/** A measured value, at most four significant digits behind the point's place. */
export function measured(value) {
  if (typeof value !== 'number') return value === null ? '–' : String(value);
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? count(value) : value.toExponential(3);
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-3) return value.toExponential(3);
  return value.toFixed(size >= 100 ? 1 : 2);
}

/** How long: `12 s`, `5 min`, `3 h`, `2 d`. */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** Time of day, with the date when it is not `now`'s. */
export function moment(text, now) {
  const time = new Date(text);
  const sameDay = day.format(time) === day.format(now);
  return sameDay ? clock.format(time) : `${day.format(time)} ${clock.format(time)}`;
}
