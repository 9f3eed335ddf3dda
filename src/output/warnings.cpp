#include "output/warnings.hpp"

#include "controller/denoiser_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace shockstep {
namespace {

/// Two digits are enough for a measured figure.
std::string about(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

// Of the samples over data_std, either way: what is off by 1.4 is said whichever way of measuring it was meant. It is compared with no fewer
// samples: of these the standard deviation is off by a tenth at most where data are few lumps.
constexpr double largest_width = 1.3;
constexpr std::int64_t least_samples = 16;

/// Whether the samples are wider or narrower than data_std, which the plan follows. Samples with one label are narrower than all data.
bool data_std_is_off(const RunFacts& facts) {
  const bool chosen = facts.from_data || facts.own_noise || facts.interpolated;  // samples, not drawn
  if (!facts.scales || chosen || facts.spread.count() < least_samples) return false;
  const double given = facts.scales->data_std;
  return facts.spread.value() > largest_width * given ||
         (given > largest_width * facts.spread.about_one_mean() && !facts.one_condition);
}

// Of sigma_max over the spread or the mean of the samples. Of Gaussian data of mean m and width s trajectories that begin at noise without
// the data end m s/sqrt(s^2 + sigma_max^2) from where they should: at a ratio of 4 a quarter of the mean, at 20 a twentieth.
constexpr double least_ratio = 4, good_ratio = 20;

/// To two digits.
double rounded_up(double value) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  return std::ceil(value / unit) * unit;
}

/// That sigma_max is not far above the data, whose samples stand for those of a network; empty where it is.
std::string short_range(const RunFacts& facts) {
  if (facts.sigma_max == 0 || facts.from_data) return "";
  DataScale scale;
  if (facts.data)
    scale = *facts.data;
  else if (!facts.interpolated && facts.spread.count() >= least_samples)
    scale = {facts.spread.rms_mean(), facts.spread.value()};
  const double largest = std::max(scale.mean, scale.deviation);
  if (!(facts.sigma_max < least_ratio * largest)) return "";
  return "process.sigma_max = " + about(facts.sigma_max) + " is not far above the " +
         (facts.data ? "data" : "samples") + ", of mean " + about(scale.mean) + " and standard deviation " +
         about(scale.deviation) +
         ": noise at sigma_max still shows the data, and trajectories begin without them; sigma_max: " +
         about(good_ratio * largest) + " would do";
}

/// Why trajectories ended beyond the tolerance, and what would do by what they reached: more evaluations, unless most were left, when the
/// pilot found no steps that do.
std::string beyond_tolerance(const RunFacts& facts, std::int64_t evaluations_max) {
  const bool left = !facts.sde && 2 * evaluations_max < facts.max_evaluations;
  std::string out = left ? "the pilot found no steps for the tolerance"
                         : "sampler.max_evaluations = " + std::to_string(facts.max_evaluations) +
                               (facts.sde ? ", or the shortest step of a path," : "") +
                               " does not suffice for the tolerance";
  out += std::string(" (status budget)") + (left ? "" : "; raise it");
  if (facts.sde || !(facts.reached > facts.tolerance)) return out;
  return out + (left ? "; take one of " : ", or take a tolerance of ") + about(rounded_up(facts.reached)) +
         ", which these trajectories reached";
}

/// A tolerance that the model's noise does not limit: rounded up to a power of ten, since the excess is a rough figure
/// itself.
double within_reach(double tolerance) { return std::pow(10, std::ceil(std::log10(tolerance))); }

}  // namespace

std::vector<std::string> warnings(const RunFacts& facts, const RunStatistics& s) {
  std::vector<std::string> out = facts.notes;
  const auto say = [&](std::int64_t n, const std::string& sentence) {
    if (n > 0) out.push_back(std::to_string(n) + (n == 1 ? " trajectory: " : " trajectories: ") + sentence);
  };
  const auto with = [&](Status status) { return s.count_by_status[static_cast<int>(status)]; };
  say(with(Status::budget), beyond_tolerance(facts, s.evaluations_max));
  say(with(Status::non_finite), "the model returned NaN or infinity; the sample is NaN");
  say(with(Status::failed),
      "the model threw; the sample is NaN" + (s.first_failure.empty() ? "" : ": " + s.first_failure));
  if (s.reduced_batch > 0)
    out.push_back("out of memory: the model was called with " + std::to_string(s.reduced_batch) +
                  " rows at a time from there on; set run.batch to that");
  say(s.noise_limited, "the model's output is noisy (about " + about(s.noise) +
                           " in D, root mean square), so sampler.tolerance = " + about(facts.tolerance) +
                           " cannot be reached; use " + (facts.float64 ? "" : "run.dtype: float64 or ") +
                           "a tolerance of " + about(within_reach(facts.tolerance * s.noise_excess)));
  say(s.blown_up, "the model blows up: D moved by more than a thousand standard deviations of the data");
  if (data_std_is_off(facts))
    out.push_back("the steps are those of data_std = " + about(facts.scales->data_std) +
                  ", but the standard deviation of the samples is " + about(facts.spread.value()) +
                  "; model.data_std near that takes fewer evaluations for the same error");
  if (std::string sentence = short_range(facts); !sentence.empty()) out.push_back(std::move(sentence));
  if (s.drift > s.drift_bound)
    out.push_back("the samples drift: the mean square of D - x is " + about(s.drift) +
                  " sigma^2 along the trajectories; that of a denoiser is at most 1, whatever the data");
  if (s.asymmetry > largest_asymmetry)
    out.push_back("the model is not a gradient field: its Jacobian is asymmetric by " + about(s.asymmetry) +
                  " where events were measured; events and error estimates assume a symmetric one");
  return out;
}

}  // namespace shockstep
