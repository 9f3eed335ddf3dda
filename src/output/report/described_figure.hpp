/// Figures that their data describe whole: js/paper.js draws them.
#pragma once

#include "paper/analysis.hpp"

#include <nlohmann/json_fwd.hpp>

namespace shockstep {

/// {key, title, explain, x, y: {name, log, falling}, series: [{name, style, points: [[x, y]]}], plane: {x, y: [low, high],
/// density: {size, bytes}, arrows: [[x, y, dx, dy]]}}; plane only where there is one.
nlohmann::ordered_json figure_json(const paper::Figure& figure);

}  // namespace shockstep
