#include "run/device.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

namespace shockstep {

void check_device(const std::string& file, const std::string& device) {
  if (device == "cpu") return;
  const int count = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  const int wanted = device == "cuda" ? 0 : std::stoi(device.substr(5));
  if (wanted >= count)
    throw ConfigError(printable(file, 1000), "run.device",
                      count == 0 ? "no CUDA device found; must be cpu, got " + device
                                 : "must be cpu or cuda:0 to cuda:" + std::to_string(count - 1) + ", got " + device);
}

}  // namespace shockstep
