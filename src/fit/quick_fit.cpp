#include <shockstep/fit_check.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// Of MeasuredScales::loss, beyond what chance makes of few rows. Right descriptions have 1.2 at most, wrong ones that change samples
// mostly 2 and more.
constexpr double largest_loss = 1.5, standard_errors = 4;
constexpr double rows = 8;  // that were measured

}  // namespace

FitReport quick_fit(const ModelPtr& model, const Process& process, const MeasuredScales& scales, int batch) {
  const double most = largest_loss + standard_errors * std::sqrt(2 / (rows * static_cast<double>(model->dimension())));
  if (scales.loss > most) return check_fit(model, process, {.quick = true, .batch = batch}).report;
  FitReport report;
  report.misfit = std::max(0., scales.loss - 1), report.largest_misfit = most - 1;
  report.structure = std::max(0., 1 - scales.loss);
  report.identities = {{"error of D over that of a linear guess, at sigma = data_std", scales.loss, 0, most}};
  return report;
}

}  // namespace shockstep
