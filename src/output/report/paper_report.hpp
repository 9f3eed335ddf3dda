/// report.html of the Burgers analysis.
#pragma once

#include "paper/analysis.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// What the page shows: {title, summary: {version}, paper: {claims: [{name, expected, found, tolerance, passed, statement}],
/// figures: [{key, title, explain, x, y: {name, log}, series: [{name, style, points: [[x, y]]}], plane: {x, y: [low, high],
/// density: {size, bytes}, arrows: [[x, y, dx, dy]]}}]}}; plane only where there is one. `json`: the text of summary.json.
nlohmann::ordered_json paper_report(const std::string& json, const std::vector<paper::Analysis>& analyses);

}  // namespace shockstep
