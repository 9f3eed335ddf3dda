#include "records/run_tally.hpp"

#include "controller/denoiser_check.hpp"
#include "records/columns.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

void RunTally::add(const TrajectoryReport& r) {
  for_each_column(run_statistics, [&]<class Get>(const Statistic<Get>& sum) {
    if constexpr (std::is_same_v<Get, std::int64_t RunStatistics::*>)
      if (sum.adds) sum(counts_) += sum.adds(r);
  });
  ++counts_.count_by_status[static_cast<int>(r.status)];
  counts_.evaluations_max = std::max<std::int64_t>(counts_.evaluations_max, r.evaluations);
  if (r.noise_limited > 0) {
    noise_.add(r.noise);
    counts_.noise_excess = std::max(counts_.noise_excess, r.noise_excess);
  }
  if (std::isfinite(r.asymmetry2)) asymmetry2_.add(r.asymmetry2), ++asymmetries_;
  if (arrived(r) && !r.blown_up) drift_.add(r.drift), ++sound_;
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
