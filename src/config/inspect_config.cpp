#include "config/inspect_config.hpp"

namespace shockstep {

InspectOptions read_inspect(const ConfigNode& root, const std::string& file, ConfigNode& resolved) {
  const ConfigNode* node = root.find("inspect");
  Section section(file, "inspect", node ? *node : ConfigNode{});
  InspectOptions options;
  options.count = section.integer_at_least("count", 1, options.count);
  options.trajectories = section.integer_at_least("trajectories", 1, options.trajectories);
  if (section.is_text("clusters"))
    section.choice("clusters", {"auto"});
  else if (section.has("clusters"))
    options.clusters = section.integer_at_least("clusters", 1);
  else
    section.text("clusters", "auto");
  options.levels = section.integer_at_least("levels", 1, options.levels);
  options.health_rows = section.integer_at_least("health_rows", 0, options.health_rows);
  options.spectrum_rows = section.integer_at_least("spectrum_rows", 0, options.spectrum_rows);
  options.interfaces = section.integer_at_least("interfaces", 0, options.interfaces);
  options.misfits = section.choice("misfit", {"stop", "go_on"}, "stop") == "go_on";
  section.finish();
  resolved = section.resolved();
  return options;
}

}  // namespace shockstep
