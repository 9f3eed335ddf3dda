#include "run/fit.hpp"

#include <shockstep/error.hpp>
#include <shockstep/fit_check.hpp>
#include <shockstep/model_scales.hpp>

#include "output/fit.hpp"

namespace shockstep {

std::optional<FitReport> fit_of(const ModelPtr& model, const Process& process, const std::string& scales_cache,
                                int batch, std::int64_t& rows, const std::optional<MeasuredScales>& known) {
  if (model->exact()) return std::nullopt;
  try {
    const MeasuredScales scales = known ? *known : measure_scales(*model, process, scales_cache, rows);
    return quick_fit(model, process, scales, batch, rows);
  } catch (const ModelError& error) {
    FitReport report;
    report.fits = false, report.reason = error.what();
    return report;
  }
}

std::vector<std::string> fit_warnings(const std::optional<FitReport>& fit) {
  if (!fit || fit->fits) return {};
  return {fit_warning(*fit)};
}

}  // namespace shockstep
