#include "testing/markup.hpp"
#include "testing/story.hpp"
#include "testing/story_figure.hpp"
#include "testing/story_fold.hpp"

namespace judge {
namespace {

using detail::element;
using detail::escaped;

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2430; --faint: #5d6878; --rule: #d5dbe3; --box: #f6f8fa;
  --fault: #c4162a; --fault-box: #fdecec; --stale: #8f5500; --stale-box: #fff5df;
  --t1: #1f6feb; --t2: #0f7f73; --t3: #8250df; --t4: #5b6573; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #12161c; --ink: #e4e9f0; --faint: #97a3b4; --rule: #39424f; --box: #1c222b;
  --fault: #ff7b83; --fault-box: #3a1a1f; --stale: #f0b457; --stale-box: #33280f;
  --t1: #6cb0ff; --t2: #4cc9b8; --t3: #bf95ff; --t4: #a5b0be; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 32px 64px; }
h1 { font-size: 20px; font-weight: 600; color: var(--faint); }
.story { margin: 0 0 72px; }
.story h2 { margin: 0; font: 600 15px ui-monospace, monospace; color: var(--faint); overflow-wrap: anywhere; }
.story .what { margin: 4px 0 20px; font-size: 24px; line-height: 1.3; font-weight: 650; overflow-wrap: anywhere; }
.story .what::before { content: "✗ "; color: var(--fault); }
.story figure { margin: 0 0 20px; padding: 16px; border: 1px solid var(--rule); border-radius: 10px; }
.story .scroll { overflow-x: auto; }
.story figcaption { margin-top: 12px; font-size: 14px; color: var(--faint); }
.story .because { max-width: 46em; overflow-wrap: anywhere; }
.story .repeat { color: var(--faint); }
.story code { font: 14px ui-monospace, monospace; color: var(--ink); background: var(--box); border: 1px solid var(--rule);
  border-radius: 5px; padding: 1px 6px; overflow-wrap: anywhere; }
.key { display: inline-block; width: 12px; height: 12px; margin: 0 5px -1px 14px; border-radius: 3px; border: 2px solid; }
.key.fault { color: var(--fault); background: var(--fault-box); }
.key.stale { color: var(--stale); background: var(--stale-box); border-style: dashed; }
svg { display: block; }
svg text { fill: var(--ink); font: 14px system-ui, sans-serif; }
svg .source { font: 13.33px ui-monospace, monospace; white-space: pre; }
svg .label, svg .number { text-anchor: end; fill: var(--faint); font-variant-numeric: tabular-nums; }
svg .file { fill: var(--faint); font-size: 12.5px; }
svg .name { font-weight: 700; font-size: 15px; }
svg .number.fault, svg .outcome.fault { fill: var(--fault); font-weight: 650; }
svg .number.stale, svg .outcome.stale { fill: var(--stale); font-weight: 650; }
svg rect { fill: var(--box); stroke: var(--rule); }
svg .box.frame rect { fill: var(--paper); }
svg .box.fault rect { fill: var(--fault-box); stroke: var(--fault); stroke-width: 2; }
svg .box.stale rect { fill: var(--stale-box); stroke: var(--stale); stroke-width: 2; stroke-dasharray: 6 3; }
svg .t1 { color: var(--t1); } svg .t2 { color: var(--t2); } svg .t3 { color: var(--t3); } svg .t4 { color: var(--t4); }
svg .line { stroke: currentColor; stroke-width: 2; opacity: .45; }
svg .end, svg .dot { fill: currentColor; stroke: var(--paper); stroke-width: 2; }
svg .dot.fault { fill: var(--fault); }
svg .dot.stale { fill: var(--paper); stroke: var(--stale); }
svg .link { fill: none; stroke-width: 3; stroke-linejoin: round; }
svg .link.fault { stroke: var(--fault); }
svg .link.stale { stroke: var(--stale); stroke-dasharray: 7 5; }
@media print { .story { break-inside: avoid; } }
)";

/// What the figure's colours and lines mean, as far as they occur in it.
std::string key(const Story& story) {
  bool any_fault = false;
  bool any_stale = false;
  bool any_missed = false;
  for (const auto& step : story.steps) {
    any_fault |= step.is_fault;
    any_stale |= step.is_stale;
    any_missed |= step.missed != 0;
  }
  std::string text = "Time runs downwards. Each box is a line of source and what it came to.";
  if (any_fault) text += element("span", {{"class", "key fault"}}) + "what goes wrong";
  if (any_stale) text += element("span", {{"class", "key stale"}}) + "reads an old value";
  if (any_missed) text += " (dashed: the newer one, which it has not seen yet)";
  return element("figcaption", {}, text);
}

std::string how_to_repeat(const Story& story) {
  std::string text;
  if (!story.extent.empty()) text += "Found " + escaped(story.extent) + ". ";
  if (!story.schedule.empty()) text += "To repeat it: schedule " + element("code", {}, escaped(story.schedule));
  return text.empty() ? "" : element("p", {{"class", "repeat"}}, text);
}

}  // namespace

std::string section_of(const Story& story, std::string_view title) {
  if (story.empty()) return "";
  const Story printable = detail::made_printable(story);
  std::string inside = element("h2", {}, escaped(title)) + "\n";
  inside += element("p", {{"class", "what"}}, escaped(printable.what)) + "\n";
  if (!printable.steps.empty()) {
    const auto scroll = element("div", {{"class", "scroll"}}, detail::figure_of(printable));
    inside += element("figure", {}, scroll + "\n" + key(printable)) + "\n";
  }
  if (!printable.because.empty()) inside += element("p", {{"class", "because"}}, escaped(printable.because)) + "\n";
  return element("section", {{"class", "story"}}, "\n" + inside + how_to_repeat(printable)) + "\n";
}

std::string page_head(std::string_view title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n" +
         element("title", {}, escaped(title)) + "\n" + element("style", {}, kStyle) + "\n</head>\n<body>\n<main>\n" +
         element("h1", {}, escaped(title)) + "\n";
}

std::string page_foot() { return "</main>\n</body>\n</html>\n"; }

}  // namespace judge
