#include "process/preserving.hpp"

#include <shockstep/error.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace shockstep {

std::vector<double> alphas_cumprod(int steps, const std::function<double(int)>& beta) {
  constexpr int most = 10'000'000;
  if (steps < 2 || steps > most)
    throw ConfigError("process.steps", "must be from 2 to " + std::to_string(most) + ", got " + std::to_string(steps));
  std::vector<double> out;
  double product = 1;
  for (int j = 0; j < steps; ++j) out.push_back(product *= 1 - beta(j));
  return out;
}

int table_steps(Section& section) {
  return static_cast<int>(std::min<std::int64_t>(section.integer_at_least("steps", 2, 1000), 1'000'000'000));
}

}  // namespace shockstep
