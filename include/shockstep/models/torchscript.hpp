/// A trained network from a TorchScript file. Loading a model runs the code in it: load only what you trust.
#pragma once

#include <shockstep/models/network.hpp>

#include <string>

namespace shockstep {

/// forward(x, time) or forward(x, time, label), and conditions by their names; of a tuple, list or dict the first tensor counts.
/// Weights are turned into the type and moved to the device of the options, and so are devices that tracing wrote into the program.
/// Throws what wrap_network throws, FileError if the file cannot be read, ModelError if it is no TorchScript module.
ModelPtr load_torchscript(const std::string& path, const NetworkOptions& options,
                          const Process& process = VarianceExploding{});

}  // namespace shockstep
