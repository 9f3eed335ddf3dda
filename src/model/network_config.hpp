/// Networks from their section of a config.
#pragma once

#include <shockstep/models/network.hpp>
#include <shockstep/registry.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// Beside those of a section, and in place of those of the same name.
struct GivenConditions {
  std::vector<Condition> conditions = {};  ///< as NetworkOptions has them
  std::vector<Condition> null = {};        ///< of the section's guidance
  GuidanceFunction guidance = {};          ///< none: what the section says
};

/// What such a section says of a network, whatever it is loaded from.
NetworkOptions network_options_from(Section& section, const ModelContext& context);

/// What `load` makes of the file that the section names; its ConfigErrors get the name of the config.
ModelPtr network_from(Section& section, const ModelContext& context,
                      ModelPtr (*load)(const std::string& path, const NetworkOptions& options, const Process& process));

}  // namespace shockstep
