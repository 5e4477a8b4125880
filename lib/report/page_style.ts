/**
 * The style of a report, on top of the theme.
 *
 * @module
 */

/** The style sheet. */
export const PAGE_STYLE = `
header { padding: 1.75rem 0 1rem; }
header p { margin: 0.3rem 0 0; }
nav { position: sticky; top: 0; z-index: 2; background: var(--page); border-block: 1px solid var(--line); }
nav ul { display: flex; gap: 0.25rem 1.1rem; margin: 0; padding-block: 0.55rem; list-style: none;
  overflow-x: auto; font-size: 0.9rem; white-space: nowrap; scrollbar-width: none; }
nav a { text-decoration: none; color: var(--muted); padding: 0.15rem 0; display: inline-block; }
nav a:hover { color: var(--accent); text-decoration: underline; }
.runs { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.runs > *, .grid > * { min-width: 0; }
.swatch { display: inline-block; width: 0.75em; height: 0.75em; margin-right: 0.45em; border-radius: 3px; background: var(--accent); }
.one .swatch { display: none; }
.scores { display: flex; flex-wrap: wrap; gap: 0.5rem 2.2rem; margin: 0 0 0.8rem; }
.score dt { color: var(--muted); font-size: 0.85rem; }
.score dd { margin: 0; }
.score b { font-size: 1.9rem; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.score small { display: block; color: var(--muted); font-size: 0.8rem; font-variant-numeric: tabular-nums; }
.facts { display: flex; flex-wrap: wrap; gap: 0.35rem; margin: 0; padding: 0; list-style: none; font-size: 0.85rem; }
.facts li { border: 1px solid var(--line); border-radius: 99px; padding: 0.05rem 0.6rem; }
.facts .unlike { background: var(--mark); border-color: var(--mark-line); }
.facts span { color: var(--muted); }
.run p { margin: 0.7rem 0 0; font-size: 0.85rem; }
.options { columns: 17rem; column-gap: 1rem; }
.options .card { break-inside: avoid; margin-bottom: 1rem; padding: 0.8rem 1rem; }
.options dl { margin: 0; font-size: 0.875rem; }
.options dl > div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.12rem 0; break-inside: avoid; }
.options dt { color: var(--muted); flex: none; }
.options dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; font-weight: 600; }
details[open] > summary { margin-bottom: 0.8rem; }
.differing { width: 100%; font-size: 0.9rem; }
.differing tr:last-child > * { border-bottom: 0; }
.differs { background: var(--mark); }
.differs > :first-child { box-shadow: inset 3px 0 var(--mark-line); padding-left: 0.8rem; font-weight: 400; }
.differing thead th:first-child { padding-left: 0.8rem; }
.sign { color: var(--mark-line); font-weight: 700; }
.missing { border-style: dashed; color: var(--muted); font-size: 0.9rem; padding: 0.7rem 1rem; margin: 0 0 1rem; max-width: none; }
.runs h3, .card > h3 { margin-bottom: 0.6rem; }
.key { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; margin: 0 0 0.9rem; padding: 0; list-style: none; font-size: 0.9rem; }
.several .per-class { margin-bottom: 1.2rem; }
.tile { display: inline-block; width: 100%; border-radius: 3px; image-rendering: pixelated; background-color: #0002; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.plane { position: relative; cursor: crosshair; touch-action: manipulation; }
.plane svg { overflow: visible; width: 100%; }
.plane svg text { pointer-events: none; }
.plane .faded { opacity: 0.06; }
.tip { position: absolute; z-index: 1; width: max-content; max-width: 9rem; padding: 0.35rem; pointer-events: none;
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 4px 18px #0003; font-size: 0.85rem; text-align: center; }
.tip[hidden] { display: none; }
.tip .tile { width: 84px; display: block; margin: 0 auto 0.2rem; }
.one .map { display: grid; grid-template-columns: minmax(0, 1fr) 17rem; gap: 0.5rem 1.25rem; }
.one .map figcaption { grid-column: 1 / -1; }
.panel { margin-block: 0 0.8rem; min-height: 9rem; }
.several .panel { margin-top: 0.8rem; }
.panel p { margin: 0; font-size: 0.875rem; }
.kept { display: flex; gap: 0.8rem; align-items: center; margin-bottom: 0.6rem; }
.kept .tile { width: 88px; flex: none; }
.kept span.muted { display: block; font-size: 0.85rem; }
.near { display: grid; grid-template-columns: repeat(auto-fill, minmax(3rem, 1fr)); gap: 0.35rem; margin: 0.3rem 0 0; padding: 0; list-style: none; }
.near button { border: 0; padding: 0 0 3px; background: none; width: 100%; cursor: pointer; display: block; border-bottom: 3px solid transparent; }
.near .tile, .neighbours .tile, .views .tile { display: block; }
.near .other, .neighbours .other { border-bottom: 3px solid var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 0.3rem; }
.legend button { font: inherit; font-size: 0.825rem; color: inherit; background: none; border: 1px solid var(--line); border-radius: 99px; padding: 0.1rem 0.6rem; cursor: pointer; }
.legend button[aria-pressed="true"] { border-color: currentColor; box-shadow: inset 0 0 0 1px currentColor; }
.legend i { display: inline-block; width: 0.65em; height: 0.65em; border-radius: 50%; margin-right: 0.4em; }
.neighbours { display: grid; gap: 0.8rem 2rem; margin: 0; padding: 0; list-style: none; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.neighbours > li { display: grid; align-items: start; grid-template-columns: minmax(0, 1.2fr) minmax(0, 8.5fr); gap: 0 0.8rem; }
.neighbours .name { grid-row: 2; grid-column: 1 / -1; font-size: 0.825rem; color: var(--muted); }
.neighbours ol { grid-row: 1; grid-column: 2; display: grid; grid-template-columns: repeat(8, 1fr); gap: 0.3rem; margin: 0; padding: 0; list-style: none; }
.neighbours ol li { border-bottom: 3px solid transparent; padding-bottom: 2px; }
.views { display: grid; gap: 1rem 1.6rem; margin: 0; padding: 0; list-style: none; grid-template-columns: repeat(auto-fill, minmax(min(100%, calc(var(--tiles) * 4rem)), 1fr)); }
.views li { display: grid; gap: 0.3rem; grid-template-columns: repeat(var(--tiles), minmax(0, 1fr)); align-items: end; }
.views .tile:first-child { outline: 2px solid var(--line); outline-offset: 1px; }
.views .name { grid-column: 1 / -1; font-size: 0.825rem; color: var(--muted); }
footer { color: var(--muted); font-size: 0.85rem; padding-block: 2rem; border-top: 1px solid var(--line); margin-top: 2rem; }
@media (max-width: 48rem) { .plane { padding: 0.3rem; } .plane svg text { font-size: 16px; } }
@media (max-width: 30rem) { .confusion svg .mark-text text { font-size: 13px; } }
@media (max-width: 48rem) { .one .map { grid-template-columns: minmax(0, 1fr); } .panel { min-height: 0; } }
@media print { nav { display: none; } .card, figure { break-inside: avoid; } }
`;
