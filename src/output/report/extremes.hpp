/// The trajectories worth a look: the largest of some figure, in bounded memory.
#pragma once

#include <shockstep/result.hpp>

#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

namespace shockstep {

/// Keeps the trajectories with the largest error estimates, with the largest exponents, and the first ones whose status is
/// not ok. Which are kept does not depend on the order in which they come.
class Extremes {
 public:
  void add(const TrajectoryReport& report);

  /// Each once, by trajectory; without their events.
  std::vector<TrajectoryReport> rows() const;

 private:
  static constexpr std::size_t most = 40;  // of each

  struct Row {
    double rank;  // the larger, the more worth it
    TrajectoryReport report;
    bool operator<(const Row& other) const {
      return std::tuple(rank, other.report.trajectory) < std::tuple(other.rank, report.trajectory);
    }
  };
  using Best = std::set<Row>;
  static void keep(Best& best, double rank, const TrajectoryReport& report);

  Best by_error_, by_exponent_, troubled_;
};

}  // namespace shockstep
