#include "core/run_tally.hpp"

#include "controller/denoiser_check.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

void RunTally::add(const TrajectoryReport& r) {
  ++counts_.count_by_status[static_cast<int>(r.status)];
  counts_.evaluations += r.evaluations;
  counts_.evaluations_max = std::max<std::int64_t>(counts_.evaluations_max, r.evaluations);
  counts_.probes += r.probes;
  counts_.accepted += r.accepted;
  counts_.rejected += r.rejected;
  counts_.repeated += r.passes > 1;
  counts_.events += static_cast<std::int64_t>(r.events.size());
  if (r.noise_limited > 0) {
    ++counts_.noise_limited;
    noise_.add(r.noise);
    counts_.noise_excess = std::max(counts_.noise_excess, r.noise_excess);
  }
  if (std::isfinite(r.asymmetry2)) asymmetry2_.add(r.asymmetry2), ++asymmetries_;
  if (r.status == Status::ok || r.status == Status::budget) {
    counts_.blown_up += r.blown_up;
    if (!r.blown_up) drift_.add(r.drift), ++sound_;
  }
  if (r.status != Status::interrupted) ++done_;
}

RunStatistics RunTally::statistics(std::int64_t dimension) const {
  RunStatistics out = counts_;
  if (out.noise_limited > 0) out.noise = noise_.value() / static_cast<double>(out.noise_limited);
  if (asymmetries_ > 0) out.asymmetry = std::sqrt(asymmetry2_.value() / static_cast<double>(asymmetries_));
  if (sound_ > 0) {
    out.drift = drift_.value() / static_cast<double>(sound_);
    out.drift_bound = largest_drift(static_cast<double>(sound_ * dimension));
  }
  return out;
}

}  // namespace shockstep
