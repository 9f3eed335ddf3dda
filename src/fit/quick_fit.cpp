#include <shockstep/fit_check.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// Of MeasuredScales::loss, and what chance makes of few rows. Gaussian data have 1, others less; wrong descriptions that change
// samples mostly more.
constexpr double largest_loss = 1, standard_errors = 2.5;
constexpr double loss_rows = 8;
// Of four samples over data_std that was given: between .65 and 1.45 on the tuning networks.
constexpr double widest = 2.2;
// Error of a step of the short run over data_std: .35 on the worst of them.
constexpr double largest_step_error = 1;

bool in_doubt(const MeasuredScales& scales, double most) {
  const double width = scales.measured_std / scales.data_std;
  return scales.loss > most || width > widest || width < 1 / widest ||
         std::ranges::any_of(scales.tried, [](const TriedStep& step) { return step.error > largest_step_error; });
}

}  // namespace

FitReport quick_fit(const ModelPtr& model, const Process& process, const MeasuredScales& scales, int batch,
                    std::int64_t& rows_computed) {
  const double most =
      largest_loss + standard_errors * std::sqrt(2 / (loss_rows * static_cast<double>(model->dimension())));
  if (in_doubt(scales, most)) {
    FitReport report = check_fit(model, process, {.quick = true, .batch = batch}).report;
    rows_computed += report.evaluations;
    return report;
  }
  FitReport report;
  report.evaluations = scales.evaluations;
  report.misfit = std::max(0., scales.loss - 1), report.largest_misfit = most - 1;
  report.structure = std::max(0., 1 - scales.loss);
  report.identities = {{"error of D over that of a linear guess, at sigma = data_std", scales.loss, 0, most}};
  return report;
}

}  // namespace shockstep
