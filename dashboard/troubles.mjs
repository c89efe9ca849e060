// What is wrong with a device: its clock, and events of it that are missing. Mostly nothing.
import { count, duration } from './format.mjs';

/** Entries of `{text, title}`, none for a device that is right. */
export function troubles({ clock, sequences }) {
  const found = [];
  if (clock?.ahead > 0) {
    const text = `clock ${duration(clock.maxAheadMs)} ahead`;
    found.push({ text, title: `${count(clock.ahead)} events from a clock too far ahead` });
  }
  if (clock?.behind > 0) {
    const text = `${duration(clock.maxBehindMs)} behind`;
    found.push({ text, title: `${count(clock.behind)} events long on their way, or from a clock behind` });
  }
  const came = sequences && `${count(sequences.received)} of ${count(sequences.expected)} came`;
  if (sequences?.lost > 0) found.push({ text: `${count(sequences.lost)} lost`, title: came });
  if (sequences?.missing > 0) {
    found.push({ text: `${count(sequences.missing)} missing`, title: `${came}; these may still come` });
  }
  return found;
}
