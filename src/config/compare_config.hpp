/// What a config says to the command compare: the keys methods, reference, data and distances. Torch-free.
#pragma once

#include <shockstep/comparison_options.hpp>
#include <shockstep/config.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// `methods` is a list of sampler sections, each with a name. What one does not set comes from the section `sampler`; `order`
/// and `solver_type` do so only for the same method. `tolerance` may be a list, and so may `steps.count`: one method each.
class CompareConfig {
 public:
  /// `methods`: the names that `method` may have. Throws ConfigError.
  CompareConfig(const ConfigNode& root, const std::string& file, const std::vector<std::string>& methods);

  std::vector<ComparedMethod> methods;
  ComparisonReference reference;
  std::string data;        ///< .npy of samples to compare distributions with; empty: none
  bool distances = false;  ///< whether distributions are compared: they are where there are data, unless told otherwise

  /// Adds these keys to the settings in effect: one entry of `methods` for each method, defaults included.
  void add_to(ConfigNode& resolved) const;

 private:
  std::vector<ConfigNode> resolved_;  // of the methods, in order
  std::string data_as_given_;         // not yet relative to the config's folder
};

}  // namespace shockstep
