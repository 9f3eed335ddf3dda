#include "config/inspect_config.hpp"

#include "config/keys.hpp"

namespace shockstep {

void read_clusters(Section& section, InspectOptions& options) {
  if (section.is_text("clusters"))
    section.choice("clusters", {"auto"});
  else if (section.has("clusters"))
    options.clusters = section.integer_at_least("clusters", 1);
  else
    section.text("clusters", "auto");
}

InspectOptions read_inspect(const ConfigNode& root, const std::string& file, ConfigNode& resolved) {
  const ConfigNode* node = root.find("inspect");
  Section section(file, "inspect", node ? *node : ConfigNode{});
  InspectOptions options;
  read_keys(section, inspect_keys, options);
  resolved = section.resolved();
  return options;
}

}  // namespace shockstep
