/**
 * The page's only script: values of a chart are read off under the pointer, or with the arrow keys, and tables that
 * are folded away open for printing. The page is complete without it. Text, because it goes into the page as it is.
 */
export const READ_OFF = `
for (const figure of document.querySelectorAll('.chart')) {
  const svg = figure.querySelector('svg');
  const cursor = figure.querySelector('.cursor');
  const reading = figure.querySelector('.reading');
  const data = JSON.parse(figure.querySelector('script').textContent);
  const places = [...new Set(data.series.flatMap(({ points }) => points.map((point) => point[1])))].sort((a, b) => a - b);
  if (places.length === 0) continue;
  let shown = -1;
  const nearest = (points, x) => {
    let best = null;
    for (const point of points) if (best === null || Math.abs(point[1] - x) < Math.abs(best[1] - x)) best = point;
    return best !== null && Math.abs(best[1] - x) < 12 ? best : null;
  };
  const show = (index) => {
    shown = Math.max(0, Math.min(places.length - 1, index));
    const x = places[shown];
    cursor.firstElementChild.setAttribute('x1', x);
    cursor.firstElementChild.setAttribute('x2', x);
    for (const dot of cursor.querySelectorAll('circle')) dot.remove();
    reading.replaceChildren();
    let title = null;
    for (const series of data.series) {
      const point = nearest(series.points, x);
      if (point === null) continue;
      title ??= point[3];
      const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
      for (const [name, value] of Object.entries({ cx: point[1], cy: point[2], r: 3.5, class: 'c' + series.colour })) dot.setAttribute(name, value);
      cursor.append(dot);
      const row = document.createElement('span');
      const key = document.createElement('i');
      key.className = 'key c' + series.colour;
      const value = document.createElement('b');
      value.textContent = point[4];
      row.append(key, series.name + ' ', value);
      reading.append(row);
    }
    const head = document.createElement('strong');
    head.textContent = title ?? '';
    reading.prepend(head);
    cursor.removeAttribute('hidden');
    reading.hidden = false;
    const box = svg.getBoundingClientRect();
    const share = x / svg.viewBox.baseVal.width;
    reading.style.left = share * box.width + 'px';
    reading.style.transform = share > 0.6 ? 'translateX(calc(-100% - 10px))' : 'translateX(10px)';
  };
  const hide = () => {
    cursor.setAttribute('hidden', '');
    reading.hidden = true;
    shown = -1;
  };
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    let best = 0;
    for (let i = 1; i < places.length; i++) if (Math.abs(places[i] - x) < Math.abs(places[best] - x)) best = i;
    show(best);
  });
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  svg.setAttribute('tabindex', '0');
  svg.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(shown === -1 ? (step > 0 ? 0 : places.length - 1) : shown + step);
  });
}
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details.prints')) details.open = true;
});
`;
