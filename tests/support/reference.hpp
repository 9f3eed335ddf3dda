/// Reference values computed with 40 digits: tests/data/*.json.
#pragma once

#include "support/test.hpp"

#include <shockstep/models/gaussian_mixture.hpp>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace shockstep::test {

inline nlohmann::json reference(const std::string& name) {
  std::ifstream file(TEST_DATA "/" + name + ".json");
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

/// A list of numbers, or of texts that are numbers, of any depth.
inline at::Tensor tensor(const nlohmann::json& list) {
  if (list.is_number()) return at::scalar_tensor(list.get<double>(), at::kDouble);
  if (list.is_string()) return at::scalar_tensor(std::stod(list.get<std::string>()), at::kDouble);
  std::vector<at::Tensor> parts;
  for (const auto& item : list) parts.push_back(tensor(item));
  return at::stack(parts);
}

/// `components`: which of them, all if empty. Isotropic where all covariances are, unless `full`.
inline GaussianMixture mixture(const nlohmann::json& spec, bool full = false,
                               std::vector<std::int64_t> components = {}) {
  auto means = tensor(spec["means"]), C = tensor(spec["covs"]), weights = tensor(spec["weights"]);
  if (!components.empty()) {
    const auto index = at::tensor(components, at::kLong);
    means = means.index_select(0, index), C = C.index_select(0, index), weights = weights.index_select(0, index);
  }
  const auto s2 = C.select(1, 0).select(1, 0);
  if (full || !at::equal(C, s2.reshape({-1, 1, 1}) * at::eye(means.size(1), at::kDouble)))
    return GaussianMixture({.means = means, .covariances = C, .weights = weights});
  return GaussianMixture({.means = means, .stds = s2.sqrt(), .weights = weights});
}

}  // namespace shockstep::test
