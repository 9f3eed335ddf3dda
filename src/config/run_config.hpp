/// A config file as the settings of one run. Torch-free: the sections model and process are read by their factories.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/sampler_options.hpp>

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace shockstep {

/// A section `sampler`, read and finished. `methods`: the names `method` may have. Throws ConfigError.
SamplerOptions read_sampler(Section sampler, const std::vector<std::string>& methods);

/// The shorthand --steps: the schedule in `root` with `count` steps, or log_sigma where there is none. `file`: for errors.
void set_steps(ConfigNode& root, const std::string& count, const std::string& file);

class RunConfig {
 public:
  /// Reads the sections sampler, run and output and checks that there is no other section. `methods`: the
  /// names sampler.method may have. Throws ConfigError.
  RunConfig(const ConfigNode& root, const std::string& file, const std::vector<std::string>& methods);

  std::string file;
  SamplerOptions sampler;
  RunSettings run;
  OutputSettings output;

  /// For the factories of registry.hpp, which read and finish them.
  Section model_section() { return root_.section("model"); }
  Section process_section() { return root_.section("process"); }
  /// Every setting in effect, defaults included; complete once model and process have been made.
  ConfigNode resolved() const { return root_.resolved(); }

 private:
  Section root_;
};

}  // namespace shockstep
