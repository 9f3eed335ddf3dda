/// Whether the model has a label for every trajectory that is asked for.
#pragma once

#include <shockstep/error.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>
#include <string>

namespace shockstep {

/// Throws ConfigError unless the model has a condition for trajectories first to first + count - 1.
inline void check_conditions(const ScoreModel& model, std::int64_t first, std::int64_t count) {
  const auto n = model.conditions();
  if (n == 0 || (first >= 0 && first + count <= n)) return;
  throw ConfigError("model.label", "is a list of " + std::to_string(n) + ", one per trajectory, but " +
                                       std::to_string(first + count) +
                                       " are asked for; lengthen it, or give one label for all");
}

}  // namespace shockstep
