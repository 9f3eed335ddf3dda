/// Models from their section of a config; the registry's rows point here.
#pragma once

#include <shockstep/models/network.hpp>
#include <shockstep/registry.hpp>

namespace shockstep {

ModelPtr gaussian_mixture_from(Section& section, const ModelContext& context);
ModelPtr point_cloud_from(Section& section, const ModelContext& context);
ModelPtr double_well_from(Section& section, const ModelContext& context);
ModelPtr multiplicative_from(Section& section, const ModelContext& context);
ModelPtr torchscript_from(Section& section, const ModelContext& context);
ModelPtr aot_inductor_from(Section& section, const ModelContext& context);

/// What such a section says of a network, whatever it is loaded from.
NetworkOptions network_options_from(Section& section, const ModelContext& context);

}  // namespace shockstep
