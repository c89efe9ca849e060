// Which aggregation's windows are shown: nothing to pick while there is only one.
import { element, show } from './dom.mjs';

const select = document.getElementById('aggregation');

/** Name of the aggregation; empty: windows of all. */
export const picked = () => select.value;

let onPick;
select.addEventListener('change', () => onPick?.());

export function showPicker({ aggregations }, whenPicked) {
  onPick = whenPicked;
  document.getElementById('picker').hidden = aggregations.length < 2;
  show('aggregation', aggregations, () => {
    const options = document.createDocumentFragment();
    options.append(element('option', { value: '' }, 'all aggregations'));
    for (const name of aggregations) {
      options.append(element('option', { value: name, selected: name === select.value }, name));
    }
    return options;
  });
}
