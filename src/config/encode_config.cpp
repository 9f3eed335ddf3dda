#include "config/encode_config.hpp"

#include <limits>

namespace shockstep {

EncodeOptions read_encode(const ConfigNode& root, const std::string& file) {
  const ConfigNode* node = root.find("encode");
  Section section(file, "encode", node ? *node : ConfigNode{});
  EncodeOptions options;
  const std::string word = section.choice("likelihood", {"auto", "off", "exact", "hutchinson"}, "auto");
  options.likelihood = word == "off"     ? Likelihood::off
                       : word == "exact" ? Likelihood::exact
                       : word == "auto"  ? Likelihood::automatic
                                         : Likelihood::hutchinson;
  const auto probes = section.integer_at_least("probes", 2, options.probes);
  if (probes > 100000) section.fail("probes", "must be at most 100000, got " + std::to_string(probes));
  options.probes = static_cast<int>(probes);
  options.add_noise = section.flag("noise", options.add_noise);
  section.finish();
  return options;
}

}  // namespace shockstep
