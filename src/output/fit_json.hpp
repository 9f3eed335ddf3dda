/// The fit check in summary.json; for sources only.
#pragma once

#include <shockstep/fit_report.hpp>

#include <nlohmann/json.hpp>

namespace shockstep {

nlohmann::ordered_json fit_json(const FitReport& report);

}  // namespace shockstep
