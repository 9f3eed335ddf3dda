/// Whether the model has a label or condition for every trajectory that is asked for.
#pragma once

#include <shockstep/error.hpp>
#include <shockstep/score_model.hpp>

#include "model/network.hpp"

#include <cstdint>
#include <string>

namespace shockstep {

/// Throws ConfigError unless the model has a condition for trajectories first to first + count - 1.
inline void check_conditions(const ScoreModel& model, std::int64_t first, std::int64_t count) {
  const auto n = model.conditions();
  if (n == 0 || (first >= 0 && first + count <= n)) return;
  const NetworkOptions* network = network_options(model);
  const bool label = !network || network->labels.size() > 1;
  throw ConfigError(label ? "model.label" : "model.condition",
                    (label ? "is a list of " : "has rows for ") + std::to_string(n) +
                        (label ? ", one per trajectory, but " : " trajectories, but ") + std::to_string(first + count) +
                        " are asked for; lengthen it, or give one " + (label ? "label" : "row") + " for all");
}

}  // namespace shockstep
