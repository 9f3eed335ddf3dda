#include <shockstep/fit_check.hpp>

#include "fit/trained_error.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// Of MeasuredScales::loss, and what chance makes of few rows. Gaussian data have 1, others less; wrong descriptions that change
// samples mostly more.
constexpr double largest_loss = 1, standard_errors = 2.5;
constexpr double loss_rows = 6;  // 8 where time is continuous
// Of four samples over data_std that was given: between .65 and 1.45 on the tuning networks.
constexpr double widest = 2.2;
// Error of a step of the short run over data_std: .35 on the worst of them.
constexpr double largest_step_error = 1;
// The rms of F over data_std is at most 1, whatever the data: the best linear guess errs by s sigma/sqrt(sigma^2 + s^2), and D is no
// worse (least squares). Of four rows 1.6 at most on the tuning networks.
constexpr double largest_F = 2, tried_freedoms = 3;
// Far above the data D knows next to nothing but their mean, and does not go with x: slope of F/s on x/sqrt(sigma^2 + s^2). Half of this
// at most on the tuning networks.
constexpr double far_above = 4.5, steepest = .25;

bool unlike_a_denoiser(const TriedNode& node, double s, double chance, const TrainedError& error) {
  const double sigma = node.sigma, total2 = sigma * sigma + s * s, c = s * s / total2;
  const auto squared = [&](double skip) { return std::max(0., node.DD - 2 * skip * node.xD + skip * skip * node.xx); };
  const double unit = std::sqrt(total2) / (sigma * s);  // of F/s, for what is in units of D
  const double F = unit * std::sqrt(squared(c)), slope = unit * std::sqrt(total2) * (node.xD / node.xx - c);
  const double forgiven = unit * error.allowed(std::sqrt(squared(error.skip(sigma))), sigma, s);
  const bool bounded = F <= largest_F * chance + forgiven;
  const bool flat = sigma < far_above * s || std::abs(slope) <= steepest + forgiven;
  return !(bounded && flat);
}

bool in_doubt(const MeasuredScales& scales, double most, double dimension, const TrainedError& error) {
  const double width = scales.measured_std / scales.data_std, chance = 1 + 1 / std::sqrt(tried_freedoms * dimension);
  if (!(scales.loss <= most) || width > widest || width < 1 / widest)
    return true;  // not finite: nothing could be measured
  return std::ranges::any_of(scales.tried, [](const TriedStep& step) { return step.error > largest_step_error; }) ||
         std::ranges::any_of(scales.nodes, [&](const TriedNode& node) {
           return unlike_a_denoiser(node, scales.data_std, chance, error);
         });
}

}  // namespace

FitReport quick_fit(const ModelPtr& model, const Process& process, const MeasuredScales& scales, int batch,
                    std::int64_t& rows_computed, const Observer* observer) {
  const auto dimension = static_cast<double>(model->dimension());
  const double most = largest_loss + standard_errors * std::sqrt(2 / (loss_rows * dimension));
  if (in_doubt(scales, most, dimension, TrainedError(*model, process))) {
    const FitOptions options{.quick = true, .suspected = true, .batch = batch, .observer = observer};
    FitReport report = check_fit(model, process, options).report;
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
