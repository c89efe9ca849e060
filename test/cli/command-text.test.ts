import { commandText } from '../../cli/command-text.js';

test.each([
  [['simulate', 'demo', '--seed', '3'], 'millrace simulate demo --seed 3'],
  [['simulate', '-u', 'me', '-P', 'secret', '-p', '1884'], 'millrace simulate -u me -p 1884'],
  [['simulate', '-Psecret', '--password=secret', '--password', 'secret'], 'millrace simulate'],
  [['simulate', '-h', 'mqtt://me:secret@broker'], 'millrace simulate -h mqtt://me@broker'],
  [['simulate', '-t', "it's/%c"], "millrace simulate -t 'it'\\''s/%c'"],
])('%j', (args, text) => {
  expect(commandText(args)).toBe(text);
});
