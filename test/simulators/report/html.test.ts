import { reportPage } from '../../../simulators/report/html.js';
import { html, json } from '../../../simulators/report/markup.js';
import { badRun, runResult } from '../../support/run-result.js';

test('whatever it shows stays text', () => {
  expect(html`<b>${'<i>&"\''}</b>${null}${false}${[1, html`<br>`]}`.text).toBe(
    '<b>&lt;i&gt;&amp;&quot;&#39;</b>1<br>',
  );
  expect(json({ a: '</script>' }).text).toBe('{"a":"\\u003c/script>"}');
  const page = reportPage(badRun());
  expect(page).not.toContain('<b>truck</b>');
  expect(page).toContain('&lt;b&gt;truck&lt;/b&gt;');
});

test('the page is one file: nothing in it refers to another', () => {
  const page = reportPage(runResult(), runResult({}, 2));
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(page).not.toMatch(/@import|url\(|fetch\(|https?:\/\/(?!www\.w3\.org)/);
  expect(page).toContain("default-src 'none'");
});

test('says the verdict, the seed and how to run it again', () => {
  const page = reportPage(runResult());
  expect(page).toContain('✓ Good');
  expect(page).toContain('millrace simulate cold-chain --seed 11 -h 127.0.0.1 -p 1883');
  expect(page).not.toContain('Beside an earlier run');
  expect(reportPage(runResult(), runResult({}, 2))).toContain('Beside an earlier run');
});

test('a run of which little is known makes a page all the same', () => {
  const { latency, drive } = runResult();
  const bare = runResult({
    samples: [],
    chaos: [],
    ledger: [],
    latency: { ...latency, acknowledgement: null, alert: null, alertHistogram: null },
    drive: { ...drive, throughput: [] },
  });
  const page = reportPage(bare);
  expect(page).not.toContain('Lag by function');
  expect(page).not.toContain('NaN');
});
