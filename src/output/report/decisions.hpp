/// Which way the trajectories went: the tree of modes with the number of samples in each branch.
#pragma once

#include <shockstep/result.hpp>

#include "output/report/mode_tree.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace shockstep {

class Decisions {
 public:
  Decisions(const KnownModel& model, double sigma_min, double sigma_max);

  /// A finished trajectory goes to the mode whose mean is nearest to its sample.
  void add(const TrajectoryReport& report, std::span<const double> sample);

  /// {nodes: [{parent, sigma, count, decided, label}, ..]}, leaves first, the root last; decided: how many of `count` logged
  /// a decision. Where there is no tree, {why: sentence}.
  nlohmann::ordered_json json() const;

 private:
  std::string label(int component) const;

  KnownModel model_;
  std::optional<ModeTree> tree_;
  std::vector<std::int64_t> count_, decided_;  // of each leaf
};

}  // namespace shockstep
