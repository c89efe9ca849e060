/** The bill's style: everything below `.bill`, colours of the page where it has them. */
export const BILL_STYLE = `.bill{--b-card:var(--card,#fff);--b-line:var(--line,#dfe4e9);--b-text:var(--text,#17212b);--b-muted:var(--muted,#56636f);
--b-accent:var(--accent,#0b6e99);--b-bad:var(--bad,#b3221a);--b-bad-ground:var(--bad-ground,#fdeae8);--b-other:var(--c2,#d07412);
background:var(--b-card);color:var(--b-text);border:1px solid var(--b-line);border-radius:10px;padding:1rem 1.15rem;font-variant-numeric:tabular-nums}
@media screen and (prefers-color-scheme:dark){.bill{--b-card:var(--card,#161d23);--b-line:var(--line,#29333c);--b-text:var(--text,#e5ebf0);--b-muted:var(--muted,#98a6b3);
--b-accent:var(--accent,#5bb9e3);--b-bad:var(--bad,#ff8a80);--b-bad-ground:var(--bad-ground,#3a1a19);--b-other:var(--c2,#f0a04b)}.bill svg .bill-on-dark{fill:#0e1317!important}}
.bill h2{margin:0;font-size:1.1rem}
.bill h3{margin:1.3rem 0 .4rem;font-size:.98rem}
.bill p{margin:.25rem 0}
.bill ul{list-style:none;margin:.3rem 0;padding:0}
.bill li{padding:.12rem 0;overflow-wrap:anywhere}
.bill-total b{font-size:1.7rem}
.bill-muted{color:var(--b-muted);font-size:.86rem}
.bill table{border-collapse:collapse;width:100%;font-size:.9rem}
.bill th,.bill td{padding:.34rem .6rem .34rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--b-line);white-space:normal}
.bill thead th{border-top:0;font-weight:500;font-size:.82rem;color:var(--b-muted)}
.bill .bill-figure{text-align:right;white-space:nowrap}
.bill-scroll{overflow-x:auto}
.bill summary{cursor:pointer}
.bill-service>summary{display:grid;grid-template-columns:9rem 1fr 7rem 4rem;gap:.8rem;align-items:center;padding:.25rem 0;border-top:1px solid var(--b-line)}
.bill-service>summary b{text-align:right}
.bill-bar{height:.75rem;background:var(--b-line);border-radius:3px;overflow:hidden}
.bill-bar i{display:block;height:100%;background:var(--b-accent)}
.bill-service ul{padding:.2rem 0 .6rem 1rem;font-size:.86rem;color:var(--b-muted)}
.bill-look-out{background:var(--b-bad-ground);color:var(--b-bad);border-radius:7px;padding:.5rem .8rem;margin:.6rem 0}
.bill svg{display:block;width:100%;height:auto;max-width:64rem}
.bill svg text{fill:var(--b-muted);font-size:11px;font-family:inherit}
.bill svg .bill-own{fill:none;stroke:var(--b-text);stroke-width:2}
.bill svg .bill-best{fill:none;stroke:var(--b-other);stroke-width:3}
.bill svg .bill-cell{fill:var(--b-accent)}
.bill svg .bill-late{fill:none;stroke:var(--b-muted);stroke-opacity:.6}
.bill svg .bill-none{fill:var(--b-line);fill-opacity:.45}
.bill svg .bill-first{fill:none;stroke:var(--b-accent);stroke-width:2}
.bill svg .bill-second{fill:none;stroke:var(--b-other);stroke-width:2}
.bill svg .bill-axis{stroke:var(--b-line)}
.bill svg .bill-on-dark{fill:#fff}
.bill svg .bill-on-light{fill:var(--b-text)}
@media (max-width:40rem){.bill-service>summary{grid-template-columns:7rem 1fr 5rem}.bill-service>summary .bill-muted{display:none}}
@media print{.bill{border:0;padding:0}}`;
