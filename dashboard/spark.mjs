// A sparkline: one SVG path over the last minutes, right edge now.
const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;
const HEIGHT = 50;

/** Draws `[{time, value}]` into `host`, from `now - span` to `now` (epoch ms). The figure beside it says it in text. */
export function drawSpark(host, points, now, span) {
  let svg = host.firstElementChild;
  if (svg === null) {
    svg = shape('svg', {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    });
    svg.append(
      shape('path', { class: 'base', d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
      shape('path', { class: 'area' }),
      shape('path', { class: 'line' }),
    );
    host.append(svg);
  }
  const [, area, line] = svg.children;
  const most = Math.max(1, ...points.map(({ value }) => value));
  const x = (time) => (WIDTH * (1 - (now - time) / span)).toFixed(1);
  const y = (value) => (HEIGHT - 1.5 - (HEIGHT - 4) * (value / most)).toFixed(1);
  const path = points.map(({ time, value }) => `${x(time)} ${y(value)}`).join('L');
  line.setAttribute('d', path === '' ? '' : `M${path}`);
  const first = points[0];
  const last = points.at(-1);
  area.setAttribute('d', path === '' ? '' : `M${x(first.time)} ${HEIGHT}L${path}L${x(last.time)} ${HEIGHT}Z`);
}

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
