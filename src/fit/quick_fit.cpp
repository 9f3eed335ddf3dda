#include <shockstep/fit_check.hpp>

#include "core/text.hpp"
#include "fit/trained_error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

// A bound that is missed by less than this share is a doubt that costs nothing; beyond, other descriptions are looked for.
constexpr double gross = 1.25;

// How far beyond its bounds, as a factor; 1 and less: it holds. Of what is not finite, infinite: nothing could be measured.
double excess(const FitIdentity& identity) {
  if (!std::isfinite(identity.found)) return std::numeric_limits<double>::infinity();
  return std::max(identity.found / identity.high, identity.low > 0 ? identity.low / identity.found : 0);
}

// At one node: F/s and its slope, each beside its bound.
struct NodeIdentities {
  FitIdentity bounded, flat;
};

NodeIdentities identities_at(const TriedNode& node, double s, double chance, const TrainedError& error) {
  const double sigma = node.sigma, total2 = sigma * sigma + s * s, c = s * s / total2;
  const auto squared = [&](double skip) { return std::max(0., node.DD - 2 * skip * node.xD + skip * skip * node.xx); };
  const double unit = std::sqrt(total2) / (sigma * s);  // of F/s, for what is in units of D
  const double F = unit * std::sqrt(squared(c)), slope = unit * std::sqrt(total2) * (node.xD / node.xx - c);
  const double forgiven = unit * error.allowed(std::sqrt(squared(error.skip(sigma))), sigma, s);
  const std::string where = " at sigma " + three_digits(sigma);
  return {{"size of F over data_std" + where, F, 0, largest_F * chance + forgiven},
          {"slope of F in x" + where, std::abs(slope), 0, steepest + forgiven}};
}

std::vector<FitIdentity> identities_of(const MeasuredScales& scales, double dimension, const TrainedError& error) {
  const double most_loss = largest_loss + standard_errors * std::sqrt(2 / (loss_rows * dimension));
  const double chance = 1 + 1 / std::sqrt(tried_freedoms * dimension);
  std::vector<FitIdentity> out{
      {"error of D over that of a linear guess, at sigma = data_std", scales.loss, 0, most_loss},
      {"width of four samples over data_std", scales.measured_std / scales.data_std, 1 / widest, widest}};
  // Of many, the worst.
  const auto keep = [](std::optional<FitIdentity>& worst, FitIdentity&& other) {
    if (!worst || excess(other) > excess(*worst)) worst = std::move(other);
  };
  std::optional<FitIdentity> step, bounded, flat;
  for (const TriedStep& tried : scales.tried)
    keep(step, {"error of a step of the short run over data_std", tried.error, 0, largest_step_error});
  for (const TriedNode& node : scales.nodes) {
    NodeIdentities at = identities_at(node, scales.data_std, chance, error);
    keep(bounded, std::move(at.bounded));
    if (node.sigma >= far_above * scales.data_std) keep(flat, std::move(at.flat));
  }
  for (auto* worst : {&step, &bounded, &flat})
    if (*worst) out.push_back(std::move(**worst));
  return out;
}

std::string doubt(const FitIdentity& identity) {
  const bool low = identity.found < identity.low;
  return identity.name + " is " + three_digits(identity.found) + ", and should be at " + (low ? "least " : "most ") +
         three_digits(low ? identity.low : identity.high) +
         ": the network may be undertrained, rough in time, or not what the description says";
}

}  // namespace

FitReport quick_fit(const ModelPtr& model, const Process& process, const MeasuredScales& scales, int batch,
                    std::int64_t& rows_computed, const Observer* observer) {
  FitReport report;
  report.evaluations = scales.evaluations;
  report.identities = identities_of(scales, static_cast<double>(model->dimension()), TrainedError(*model, process));
  const FitIdentity& loss = report.identities.front();
  report.misfit = std::max(0., loss.found - 1), report.largest_misfit = loss.high - 1;
  report.structure = std::max(0., 1 - loss.found);
  const FitIdentity worst = *std::ranges::max_element(report.identities, {}, excess);
  const std::string found = excess(worst) > 1 ? doubt(worst) : "";
  if (excess(worst) > gross) {
    report = check_fit(model, process, {.quick = true, .batch = batch, .observer = observer}).report;
    rows_computed += report.evaluations;
  }
  if (report.fits) report.doubt = found;
  return report;
}

}  // namespace shockstep
