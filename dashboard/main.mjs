// The status page: polls the summary and shows it. Everything shown comes from one answer, so figures agree.
import { startActs } from './acts.mjs';
import { showAlerts } from './alerts.mjs';
import { announceAlerts } from './announce.mjs';
import { element, setText, show } from './dom.mjs';
import { count, counted, duration, rate } from './format.mjs';
import { showSilences, showTargets } from './operations.mjs';
import { picked, showPicker } from './picker.mjs';
import { startPolling } from './poll.mjs';
import { Rates } from './rates.mjs';
import { showDevices, showFunctions, showLate, showQuarantine, showStreams } from './sections.mjs';
import { drawSpark } from './spark.mjs';
import { showWelcome } from './welcome.mjs';
import { showWindows } from './windows.mjs';

const byId = (id) => document.getElementById(id);
const rates = new Rates();
const TILES = ['acknowledged', 'validated', 'quarantined'];
let lastAnswer;

function render(summary) {
  showRates(summary);
  showTop(summary);
  showWelcome(summary);
  showAlerts(summary);
  showSilences(summary);
  showTargets(summary);
  showFunctions(summary);
  showStreams(summary);
  showPicker(summary, () => ask());
  showWindows(summary);
  showDevices(summary);
  showQuarantine(summary);
  showLate(summary);
  announceAlerts(summary.alerts);
  byId('main').setAttribute('aria-busy', 'false');
}

function showRates({ total, time }) {
  const now = Date.parse(time);
  rates.add({ time: now, ...Object.fromEntries(TILES.map((name) => [name, total[name]])) });
  for (const name of TILES) {
    const tile = document.querySelector(`[data-rate="${name}"]`);
    setText(tile.querySelector('.value'), rate(rates.rate(name)));
    const besides =
      name === 'acknowledged' && total.received > 0 ? `, ${count(total.received)} at QoS 0` : '';
    setText(tile.querySelector('.in-all'), `${count(total[name])} in all${besides}`);
    setText(tile.querySelector('.span'), `last ${duration(rates.span())}`);
    drawSpark(tile.querySelector('.spark'), rates.history(name), now, rates.span());
  }
}

function showTop({ version, startedAt, time, connections, balanced, imbalances, total }) {
  setText(byId('version'), version);
  const facts = [
    `up ${duration(Date.parse(time) - Date.parse(startedAt))}`,
    counted(connections, 'connection'),
    `${count(total.inFlight.validate)} in flight`,
  ];
  setText(byId('facts'), facts.join(' · '));
  const books = byId('books');
  books.dataset.state = balanced ? 'balanced' : 'unbalanced';
  setText(books, balanced ? 'books balanced' : 'books do not balance');
  byId('imbalances').hidden = balanced;
  show('imbalances-list', imbalances, () => {
    const list = document.createDocumentFragment();
    for (const { partition, what, expected, actual } of imbalances) {
      list.append(
        element('li', {}, `partition ${partition}: ${what}; expected ${expected}, found ${actual}`),
      );
    }
    return list;
  });
}

function setConnection(state, text) {
  const pill = byId('connection');
  pill.dataset.state = state;
  setText(pill, text);
  document.body.toggleAttribute('data-stale', state === 'reconnecting');
  document.title = state === 'live' ? 'Millrace' : `Millrace (${state})`;
}

const ask = startPolling(
  () => `/summary${picked() === '' ? '' : `?definition=${encodeURIComponent(picked())}`}`,
  (summary) => {
    lastAnswer = performance.now();
    setConnection('live', 'live');
    if (summary !== null) render(summary);
  },
  () => {
    const age =
      lastAnswer === undefined ? '' : `, last heard ${duration(performance.now() - lastAnswer)} ago`;
    setConnection('reconnecting', `reconnecting${age}`);
  },
);

startActs(ask);
