/// What a report is told beside the trajectories of its run.
#pragma once

#include "output/report/known_model.hpp"

#include <cstdint>
#include <string>

namespace shockstep {

struct ReportContext {
  std::string title;         ///< of the page
  double sigma_min = 0.002;  ///< range of the integration, data units
  double sigma_max = 80;
  double tolerance = 0;  ///< asked for, data units
  KnownModel known;
  std::int64_t first = 0;  ///< number of the first trajectory
};

}  // namespace shockstep
