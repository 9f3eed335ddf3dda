/// Whether this machine has the device that a config asks for.
#pragma once

#include <string>

namespace shockstep {

/// Throws ConfigError "run.device" unless it does. `device`: cpu, cuda or cuda:K. `file`: the config, for the error.
void check_device(const std::string& file, const std::string& device);

}  // namespace shockstep
