// The page's only way to make elements. Text goes in as text nodes, so nothing that a device sends is ever markup.

/**
 * An element with attributes and children; a child that is no node becomes text. `undefined` and `false` are left
 * out, for attributes and children alike.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== undefined && child !== false) node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/**
 * A table. `columns` are `{title, className, cell(row)}`; columns that a narrow screen can do without have the class
 * `wide`. With `stacked`, rows become paragraphs there: `detail` columns get a line, the `last` one the right edge.
 */
export function table(columns, rows, { rowClass = () => undefined, stacked = false, label } = {}) {
  // The roles are the elements' own; said again, because on a narrow screen CSS takes the table layout away.
  const head = columns.map(({ title, className }) =>
    element('th', { scope: 'col', role: 'columnheader', class: className }, title),
  );
  const body = rows.map((row) =>
    element(
      'tr',
      { class: rowClass(row), role: 'row' },
      columns.map(({ title, className, cell }) =>
        element('td', { class: className, role: 'cell', 'data-label': title }, cell(row)),
      ),
    ),
  );
  return element(
    'table',
    { role: 'table', class: stacked && 'stacked', 'aria-label': label },
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, head)),
    element('tbody', { role: 'rowgroup' }, body),
  );
}

export function badge(text, state = text) {
  return element('span', { class: 'badge', 'data-state': state }, text);
}

export function empty(text) {
  return element('p', { class: 'empty' }, text);
}

export const timeOf = (text, shown) => element('time', { datetime: text, title: text }, shown);

/** Metrics in a row: name, value, title; at most `most` of them. */
export function metricList(entries, most = 4) {
  const items = entries
    .slice(0, most)
    .map(([name, value, title]) => element('span', { title }, `${name} `, element('b', {}, value)));
  const more = entries.length - most;
  return element(
    'span',
    { class: 'metrics' },
    items,
    more > 0 && element('span', { class: 'muted' }, `+${more}`),
  );
}

const shown = new Map();

/**
 * Puts what `make` returns into the element with this id, unless `data` is what it was made from last time: a table
 * that does not change keeps its selection, its scroll position and a screen reader's place in it.
 */
export function show(id, data, make) {
  const key = JSON.stringify(data);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  const place = document.getElementById(id);
  const { act, key: of } = place.contains(document.activeElement) ? document.activeElement.dataset : {};
  place.replaceChildren(make());
  if (act === undefined) return;
  // Whoever is at a button stays there, though it is a new one.
  const buttons = [...place.querySelectorAll('button[data-act]')];
  buttons.find(({ dataset }) => dataset.act === act && dataset.key === of)?.focus();
}

/** Sets text only when it differs, for the same reason. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
