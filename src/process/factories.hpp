/// Processes from their section of a config; the registry's rows point here. Throw ConfigError naming file and key.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/process.hpp>

namespace shockstep {

Process ve_from(Section& section);
Process vp_linear_from(Section& section);
Process vp_cosine_from(Section& section);
Process sub_vp_from(Section& section);
Process flow_from(Section& section);
Process table_from(Section& section);

}  // namespace shockstep
