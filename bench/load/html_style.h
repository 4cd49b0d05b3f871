// What a report in HTML looks like.
#pragma once

#include <string_view>

namespace introspectd::load {

inline constexpr std::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --surface: #fff; --ink: #16181d; --soft: #5a5f69; --line: #dcdcd6;
  --grid: #e9e9e4; --first: #1f6fc9; --second: #d9591c; --third: #8a8f98; --fill: #1f6fc91f;
  --good: #18794e; --bad: #c0262d; --bad-fill: #c0262d14;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #121316; --surface: #1b1d21; --ink: #eceef1; --soft: #a3a9b4; --line: #34373d;
    --grid: #2a2d32; --first: #5aa2f0; --second: #f08a4b; --third: #80868f; --fill: #5aa2f026;
    --good: #4cc38a; --bad: #ff7b80; --bad-fill: #ff7b8024;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2.5rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
}
main { max-width: 70rem; margin: 0 auto; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
p { margin: .35rem 0 0; }
.soft, .note { color: var(--soft); }
.note { font-size: .85rem; margin: .75rem 0 0; max-width: 48rem; }
section, .warning {
  background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  padding: 1.25rem 1.5rem; margin-top: 1.25rem;
}
.warning { border-color: var(--bad); border-left-width: 5px; background: var(--bad-fill); }
.warning strong { color: var(--bad); }
.warning code { overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1.25rem 1rem; margin: 0; }
.figures dt { color: var(--soft); font-size: .82rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); }
@media (min-width: 60rem) {
  .figures { grid-template-columns: 2fr repeat(4, 1.15fr) .8fr .8fr 1.2fr; align-items: end; }
  .figures :first-child dd { font-size: 1.9rem; line-height: 1.3; }
}
@media (max-width: 32rem) {
  body { padding: 1.25rem .75rem 2rem; }
  section, .warning { padding: 1rem; }
  .figures { grid-template-columns: repeat(2, 1fr); }
}
.chart, .scroll { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 40rem; height: auto; }
svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .heading { font-size: 13px; font-weight: 600; fill: var(--ink); }
svg .value {
  font-weight: 600; fill: var(--ink); stroke: var(--surface); stroke-width: 4px;
  paint-order: stroke; stroke-linejoin: round;
}
.grid, .axis, .line { fill: none; }
.grid { stroke: var(--grid); }
.axis { stroke: var(--soft); }
.line { stroke-width: 2px; stroke-linejoin: round; stroke-linecap: round; }
.latency, .p50, .rate { stroke: var(--first); }
.p99 { stroke: var(--second); }
.lateness { stroke: var(--third); stroke-dasharray: 5 5; }
.highest { fill: none; stroke: var(--third); stroke-width: 2px; stroke-dasharray: 1 5; stroke-linecap: round; }
.rate-area { fill: var(--fill); stroke: none; }
.dot { fill: var(--first); stroke: var(--surface); stroke-width: 2px; }
.failed { fill: var(--bad); fill-opacity: .2; }
path.failed { stroke: var(--bad); stroke-opacity: .3; stroke-width: 10px; }
.second { fill: var(--ink); fill-opacity: 0; }
.second:hover { fill-opacity: .07; }
.columns { display: grid; gap: 0 1.25rem; }
@media (min-width: 60rem) { .columns { grid-template-columns: 1fr 1fr; } }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; }
th { font-weight: 500; color: var(--soft); font-size: .85rem; }
tbody th { font-size: inherit; }
tr + tr > *, tbody > tr:first-child > * { border-top: 1px solid var(--grid); }
table:not(:has(thead)) tbody > tr:first-child > * { border-top: 0; }
.number { text-align: right; white-space: nowrap; }
tr > .number:last-child { padding-right: 0; }
.steps { width: auto; }
.steps .number { min-width: 7rem; }
.state { padding-left: 1.5rem; min-width: 12rem; }
p + .scroll { margin-top: .75rem; }
.setup th { white-space: nowrap; width: 1%; padding-right: 2rem; }
.setup td {
  overflow-wrap: anywhere; white-space: pre-wrap;
  font: .87rem/1.6 ui-monospace, "SF Mono", "Liberation Mono", monospace;
}
@media print {
  body { padding: 0; background: none; font-size: 11px; }
  section, .warning { break-inside: avoid; }
  .second { display: none; }
  svg { min-width: 0; }
}
)css";

}  // namespace introspectd::load
