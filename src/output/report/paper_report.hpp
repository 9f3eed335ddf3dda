/// report.html of the Burgers analysis.
#pragma once

#include "paper/analysis.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// What the page shows: {title, summary: {version}, paper: {claims: [{name, expected, found, tolerance, passed, statement}],
/// figures: as described_figure.hpp says}}. `json`: the text of summary.json.
nlohmann::ordered_json paper_report(const std::string& json, const std::vector<paper::Analysis>& analyses);

}  // namespace shockstep
