/// A trained network from a package of AOTInductor (.pt2): compiled code. Load only what you trust.
#pragma once

#include <shockstep/models/network.hpp>

#include <string>

namespace shockstep {

/// (x, time) or (x, time, label), and then the conditions in their order, of dynamic batch; the first tensor returned counts. Type
/// and device are those it was compiled for: the options must name them.
/// Throws what wrap_network throws, FileError if the file cannot be read, ModelError if it is no such package.
ModelPtr load_aot_inductor(const std::string& path, const NetworkOptions& options,
                           const Process& process = VarianceExploding{});

}  // namespace shockstep
