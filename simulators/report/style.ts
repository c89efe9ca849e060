/** The page's style, in the colours of the status page: named by role; dark is the same roles again. */
export const STYLE = `
:root{--ground:#f4f6f8;--card:#fff;--line:#dfe4e9;--text:#17212b;--muted:#56636f;--accent:#0b6e99;
--good:#08704a;--good-ground:#e2f4ec;--bad:#b3221a;--bad-ground:#fdeae8;--code:#eef1f4;
--band:#eef2f5;--band-other:#f7f9fa;
--c1:#0b7bab;--c2:#d07412;--c3:#b5308f;--c4:#2f8a57;--c5:#6b55c9;--c6:#74818d;color-scheme:light}
@media screen and (prefers-color-scheme:dark){:root{--ground:#0e1317;--card:#161d23;--line:#29333c;--text:#e5ebf0;
--muted:#98a6b3;--accent:#5bb9e3;--good:#55cd94;--good-ground:#12301f;--bad:#ff8a80;--bad-ground:#3a1a19;--code:#0f161b;
--band:#1d262e;--band-other:#19212a;
--c1:#4db6e6;--c2:#f0a04b;--c3:#e87cc8;--c4:#5ccf93;--c5:#a795f5;--c6:#8b98a5;color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
h1,h2,p,ul,ol,figure,dl,dd{margin:0}
ul,ol{padding:0;list-style:none}
h1{font-size:1.7rem;line-height:1.2;letter-spacing:-.02em}
h2{font-size:1.02rem;font-weight:650}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.muted{color:var(--muted)}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 1.25rem}
header{padding-block:1.8rem 1.1rem;display:grid;gap:.45rem}
.brand{display:flex;align-items:center;gap:.45rem;font-size:.85rem;color:var(--muted)}
.title{display:flex;flex-wrap:wrap;gap:.3rem .9rem;align-items:baseline}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.3rem;font-size:.87rem;color:var(--muted)}
.facts b{font-weight:600;color:var(--text)}
main{display:grid;gap:1rem;grid-template-columns:minmax(0,1fr)}
footer{padding-block:1.2rem 2rem;font-size:.85rem;color:var(--muted)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem;min-width:0}
.head{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .8rem;margin-bottom:.5rem}
.head p{font-size:.86rem;color:var(--muted)}
.columns{display:grid;gap:1rem;grid-template-columns:repeat(2,minmax(0,1fr))}
.columns>:only-child{grid-column:1/-1}
.verdict{border-left:6px solid var(--good);display:grid;gap:.6rem}
.verdict[data-state=bad]{border-left-color:var(--bad)}
.verdict h2{font-size:1.25rem;letter-spacing:-.01em}
.verdict .word{color:var(--good);margin-right:.35em}
.verdict[data-state=bad] .word{color:var(--bad)}
.badge{display:inline-block;border-radius:5px;padding:.02rem .45rem;font-size:.8rem;font-weight:600;background:var(--code);color:var(--muted);white-space:nowrap}
.badge[data-state=good]{background:var(--good-ground);color:var(--good)}
.badge[data-state=bad]{background:var(--bad-ground);color:var(--bad)}
.finding summary{cursor:pointer;font-weight:600}
.finding ul{display:grid;gap:.45rem;padding:.45rem 0 .2rem 1.1rem}
.finding li{overflow-wrap:anywhere;font-size:.92rem}
.finding>p{padding-left:1.1rem;font-size:.9rem}
.must{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.84rem;color:var(--muted)}
code,pre{font:.84rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--code);border-radius:7px;padding:.6rem .8rem;margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.tiles{display:grid;gap:.8rem;grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}
.tiles .card{padding:.75rem .95rem}
.tiles dt{font-size:.85rem;color:var(--muted)}
.tiles dd{font-size:1.65rem;font-weight:650;letter-spacing:-.02em;line-height:1.25}
.tiles dd small{display:block;font-size:.8rem;font-weight:400;letter-spacing:0;color:var(--muted)}
.tiles [data-state=bad] dd{color:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;font-size:.84rem;color:var(--muted);margin-bottom:.2rem}
.key{display:inline-block;width:14px;height:0;border-top:3px solid var(--c);border-radius:2px;vertical-align:middle;margin-right:.45em}
.key.dashed{border-top-style:dotted}
.number{display:inline-block;min-width:1.3em;text-align:center;border-radius:999px;background:var(--bad);color:var(--card);font-size:.75rem;font-weight:700;margin-right:.45em}
.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}
.plot{position:relative;overflow-x:auto}
.plot svg{display:block;width:100%;min-width:460px;height:auto;font-size:11.5px}
.plot text{fill:var(--muted)}
.band0 rect{fill:var(--band)}.band1 rect{fill:var(--band-other)}
.band0 text,.band1 text,.xtext{text-anchor:middle}
.ytext{text-anchor:end}
.grid line{stroke:var(--line)}
.plot .line{fill:none;stroke:var(--c);stroke-width:1.9;stroke-linejoin:round;stroke-linecap:round}
.plot .dashed{stroke-dasharray:2 4}
.plot .area{fill:var(--c);opacity:.15}
.mark line{stroke:var(--bad);stroke-dasharray:4 3}
.mark circle{fill:var(--bad)}
.plot .mark text{fill:var(--card);text-anchor:middle;font-size:10px;font-weight:700}
.cursor line{stroke:var(--muted)}
.cursor circle{fill:var(--c);stroke:var(--card);stroke-width:1.5}
.cursor[hidden]{display:none}
.reading{position:absolute;top:22px;left:0;pointer-events:none;background:var(--card);border:1px solid var(--line);border-radius:7px;padding:.35rem .6rem;font-size:.82rem;box-shadow:0 3px 12px rgb(0 0 0/.16);display:grid;white-space:nowrap;z-index:1}
.reading[hidden]{display:none}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.88rem}
th,td{padding:.38rem .6rem .38rem 0;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0;font-weight:500;font-size:.81rem;color:var(--muted)}
tbody th{font-weight:500}
th:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:6.5rem}
tr>:last-child{padding-right:0}
.seconds{max-height:26rem;overflow:auto;margin-top:.6rem}
details>summary{cursor:pointer}
.phases{display:flex;flex-wrap:wrap;gap:.3rem .6rem}
.facts-list{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.35rem 1.2rem;font-size:.92rem}
.facts-list dt{color:var(--muted)}
.facts-list dd{overflow-wrap:anywhere}
@media(max-width:760px){header,main,footer{padding-inline:.8rem}.columns{grid-template-columns:minmax(0,1fr)}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.facts-list{grid-template-columns:minmax(0,1fr);gap:0}.facts-list dd{margin-bottom:.5rem}h1{font-size:1.4rem}}
@media print{body{background:#fff;font-size:10.5pt}.card{break-inside:avoid;border-color:#ccc}.card.long{break-inside:auto}.seconds{max-height:none}
.badge,rect,path,.number{print-color-adjust:exact;-webkit-print-color-adjust:exact}header,main,footer{max-width:none;padding-inline:0}}
`;
