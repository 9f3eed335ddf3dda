#include <shockstep/process_kind.hpp>
#include <shockstep/registry.hpp>
#include <shockstep/schedule.hpp>

#include "cli/commands.hpp"
#include "config/keys.hpp"
#include "records/columns.hpp"

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

void list_keys() {
  std::puts("keys of a config, their values and defaults");
  for_each_key([](const auto& row) {
    const std::string key = std::string(row.key.section) + "." + row.key.name;
    const std::string usual = default_of(row, method_names());
    std::printf("  %-24s %s: %s%s\n", key.c_str(), row.key.meaning, row.values().c_str(),
                usual.empty() ? "" : ("; " + usual).c_str());
  });
}

void list_columns(const char* file, const auto& columns) {
  std::puts(file);
  for_each_column(columns, [](const auto& column) {
    if (column.shown) std::printf("  %-18s %s\n", column.name, column.meaning);
  });
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
  list_keys();
  list_columns("columns of trajectories.csv", trajectory_columns);
  list_columns("columns of steps.csv", step_columns);
  list_columns("keys of events.jsonl", event_columns);
  return 0;
}

}  // namespace shockstep::cli
