// What an operator does from the page: one small dialog for acknowledging, silencing, ending a silence, redriving.
import { alertOf } from './alerts.mjs';
import { element, setText } from './dom.mjs';

const AUTHOR = 'millrace.author';
const DURATIONS = ['30m', '1h', '2h', '4h', '8h', '1d', '3d', '1w'];

const byId = (id) => document.getElementById(id);
const dialog = byId('act');
const form = byId('act-form');
const author = byId('act-author');
const text = byId('act-text');
const problem = byId('act-problem');

/** `{request() => [method, path, body], done}` of the act whose dialog is open. */
let current;
let onDone = () => {};

/** @param whenDone called after each act, to show what became of it */
export function startActs(whenDone) {
  onDone = whenDone;
  byId('act-duration').append(
    ...DURATIONS.map((value) => element('option', { selected: value === '2h' }, value)),
  );
  byId('main').addEventListener('click', (event) => {
    const button = event.target.closest('button[data-act]');
    if (button !== null) open(button.dataset.act, button.dataset.key);
  });
  byId('act-cancel').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
}

const ACTS = {
  acknowledge(alert) {
    return {
      title: `Acknowledge ${alert.rule} on ${alert.deviceId}`,
      note: 'It is not repeated nor escalated until it resolves.',
      submit: 'Acknowledge',
      text: { label: 'What you are doing', required: false },
      done: 'Acknowledged.',
      request: () => [
        'POST',
        `/alerts/${encodeURIComponent(alert.fingerprint)}/acknowledge`,
        { author: author.value, comment: text.value, startsAt: alert.startsAt },
      ],
    };
  },
  silence(alert) {
    return {
      title: `Silence ${alert.rule} on ${alert.deviceId}`,
      note: 'Notifications are kept back. What resolves is told all the same.',
      submit: 'Silence',
      text: { label: 'Reason', required: true },
      isTimed: true,
      done: 'Silenced.',
      request: () => [
        'POST',
        '/silences',
        {
          author: author.value,
          reason: text.value,
          duration: byId('act-duration').value,
          matchers: matchersOf(alert, byId('act-scope').value),
          id: current.id,
        },
      ],
    };
  },
  expire(id) {
    return {
      title: 'End this silence',
      note: 'What still fires is told again.',
      submit: 'End now',
      done: 'The silence is over.',
      request: () => [
        'DELETE',
        `/silences/${encodeURIComponent(id)}?${new URLSearchParams({ author: author.value })}`,
      ],
    };
  },
  redrive(target) {
    return {
      title: `Redrive dead letters of ${target}`,
      note: 'They are tried again, as if they were new.',
      submit: 'Redrive',
      done: 'They are due again.',
      request: () => ['POST', '/deliveries/redrive', { author: author.value, target }],
    };
  },
};

function matchersOf({ rule, deviceId }, scope) {
  const matcher = (name, value) => ({ name, value, isRegex: false, isEqual: true });
  return [
    ...(scope === 'device' ? [] : [matcher('alertname', rule)]),
    ...(scope === 'rule' ? [] : [matcher('deviceId', deviceId)]),
  ];
}

function open(name, key) {
  const isOfAlert = name === 'acknowledge' || name === 'silence';
  const about = isOfAlert ? alertOf(key) : key;
  // It is gone since the button was drawn.
  if (about === undefined) return;
  const act = ACTS[name](about);
  current = { ...act, id: newId() };
  setText(byId('act-title'), act.title);
  setText(byId('act-note'), act.note);
  setText(byId('act-submit'), act.submit);
  setText(problem, '');
  byId('act-text-field').hidden = act.text === undefined;
  setText(byId('act-text-label'), act.text?.label ?? '');
  text.required = act.text?.required === true;
  text.value = '';
  for (const id of ['act-duration-field', 'act-scope-field']) byId(id).hidden = act.isTimed !== true;
  author.value = remembered();
  dialog.showModal();
  if (author.value !== '') (act.text === undefined ? byId('act-submit') : text).focus();
}

async function submit() {
  const { request, done } = current;
  const [method, path, body] = request();
  remember(author.value);
  byId('act-submit').disabled = true;
  setText(problem, '');
  try {
    const response = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(await reasonOf(response));
    dialog.close();
    setText(byId('announcer'), done);
    onDone();
  } catch (error) {
    setText(problem, `It was not done: ${error.message}`);
  } finally {
    byId('act-submit').disabled = false;
  }
}

async function reasonOf(response) {
  const { detail } = await response.json().catch(() => ({}));
  return detail ?? `the deployment answered ${response.status}`;
}

/** As the API wants it; `crypto.randomUUID` exists in secure contexts only. */
function newId() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Storage may be forbidden; then the name is asked for each time. */
function remembered() {
  try {
    return localStorage.getItem(AUTHOR) ?? '';
  } catch {
    return '';
  }
}

function remember(name) {
  try {
    localStorage.setItem(AUTHOR, name);
  } catch {
    // Nothing depends on it.
  }
}
