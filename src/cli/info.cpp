#include <shockstep/process_kind.hpp>
#include <shockstep/registry.hpp>
#include <shockstep/schedule.hpp>

#include "cli/commands.hpp"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

#include <cstdio>
#include <thread>

namespace shockstep::cli {
namespace {

template <class Kinds>
void list(const char* title, const Kinds& kinds) {
  std::printf("%s\n", title);
  for (const auto& kind : kinds) std::printf("  %-18s %s\n", kind.name, kind.summary);
}

}  // namespace

int info() {
  std::printf("shockstep %s\n", SHOCKSTEP_VERSION);
  std::printf("torch     %s\n", TORCH_VERSION);
  std::printf("devices   cpu (%u cores)", std::thread::hardware_concurrency());
  if (at::hasCUDA())
    for (int k = 0, n = at::detail::getCUDAHooks().deviceCount(); k < n; ++k) std::printf(", cuda:%d", k);
  std::printf("\nlibraries Boost.Odeint, CLI11, libpng, nlohmann-json, Random123, spdlog, Torch, yaml-cpp\n\n");
  list("model.kind", model_kinds());
  list("process.kind", process_kinds());
  list("sampler.method", method_kinds());
  std::puts("sampler.steps.schedule");
  for (const auto& kind : schedule_kinds())
    std::printf("  %-18s %s; %s\n", kind.name, kind.summary, kind.schedule.spec().source);
  return 0;
}

}  // namespace shockstep::cli
