/// report.html of a comparison.
#pragma once

#include <shockstep/comparison_result.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// What the page shows: {title, summary, comparison: {rows, front: [bool per row]}}. `json`: the text of compare.json, whole
/// under `summary`; its rows are those of the figures.
nlohmann::ordered_json comparison_report(const std::string& title, const std::string& json,
                                         const std::vector<ComparisonRow>& rows);

}  // namespace shockstep
