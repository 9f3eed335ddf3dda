#include "run/fit.hpp"

#include <shockstep/error.hpp>
#include <shockstep/fit_check.hpp>
#include <shockstep/model_scales.hpp>
#include <shockstep/precision.hpp>

#include "model/network.hpp"
#include "output/fit.hpp"

#include <utility>

namespace shockstep {

std::optional<FitReport> fit_of(const ModelPtr& model, const Process& process, const std::string& scales_cache,
                                int batch, std::int64_t& rows, const std::optional<MeasuredScales>& known,
                                const Observer* observer) {
  if (model->exact()) return std::nullopt;
  try {
    const MeasuredScales scales = known ? *known : measure_scales(*model, process, scales_cache, rows);
    return quick_fit(model, process, scales, batch, rows, observer);
  } catch (const ModelError& error) {
    FitReport report;
    report.fits = false, report.reason = error.what();
    return report;
  }
}

std::vector<std::string> model_warnings(const ScoreModel& model, const RunSettings& run,
                                        const std::optional<FitReport>& fit) {
  std::vector<std::string> out;
  if (std::string sentence = fit ? fit_warning(*fit) : ""; !sentence.empty()) out.push_back(std::move(sentence));
  if (rounds_times(model))
    out.push_back("the network takes no float32 times and is told them in " + run.dtype +
                  ", 908 for 908.18: let it cast them itself, or set run.dtype to float32");
  if (model.exact() && run.device != "cpu") out.emplace_back("run.device: exact models run on the CPU");
  return out;
}

std::vector<std::string> model_warnings(const ModelPtr& model, const Process& process, const std::string& scales_cache,
                                        const RunSettings& run, const Observer* observer) {
  std::int64_t untold = 0;
  return model_warnings(*model, run, fit_of(model, process, scales_cache, run.batch, untold, {}, observer));
}

std::string no_analyses(const ScoreModel& model, const RunSettings& run) {
  if (!half_precision(model)) return "";
  return "run.dtype: only the fit is checked in " + run.dtype +
         ", which rounds away the differences that the other analyses are made of; set run.dtype: float32 for them";
}

}  // namespace shockstep
