#include "cli/cache.hpp"

#include "cli/content_hash.hpp"
#include "cli/setup.hpp"
#include "config/keys.hpp"
#include "core/cached.hpp"
#include "core/input_file.hpp"
#include "core/text.hpp"
#include "engine/pilot.hpp"
#include "log/log.hpp"
#include "output/json.hpp"

#include <torch/version.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const std::string own = variable("SHOCKSTEP_CACHE"); !own.empty()) return own == "off" ? "" : own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return fs::path(xdg) / "shockstep";
  if (const std::string home = variable("HOME"); !home.empty()) return fs::path(home) / ".cache" / "shockstep";
  return {};
}

// What is measured depends on these.
std::string text(const auto& keys, const auto& options, bool adaptive) {
  std::string out;
  for_each_row(keys, [&](const auto& row) {
    const Measured measured = row.key.measured;
    if (measured == Measured::always || (measured == Measured::adaptive && adaptive)) out += " " + row.text(options);
  });
  return out;
}

bool measures(const SamplerOptions& options) {
  if (options.steps) return options.steps->schedule == Schedule::fitted && options.steps->sigmas.empty();
  return options.dynamics == Dynamics::ode && options.guard.enabled && measured_anew(options.guard);
}

/// In the folder, of what is measured with these settings; empty: nowhere.
std::string file_of(std::string key, const RunConfig& config, const ScoreModel& model) {
  const fs::path where = folder();
  if (where.empty() || model.exact() || model.file().empty()) return {};
  const ConfigNode resolved = config.resolved();
  for (const char* name : {"model", "process"}) {
    const ConfigNode* section = resolved.find(name);
    if (!section) continue;
    key += "\n" + dump(to_json(*section));
    for (const auto& [file_key, content] : hashes_of_files(*section, config.file)) key += " " + content;
  }
  RunSettings run = config.run;
  run.threads = threads_of(run, model);
  key += "\n" + text(run_keys, run, true);
  return (where / (hash(key) + ".json")).string();
}

constexpr const char* versions = "shockstep " SHOCKSTEP_VERSION ", Torch " TORCH_VERSION ",";

void drop_damaged(const std::string& path) {
  std::error_code ignored;
  if (path.empty() || !fs::exists(path, ignored) || kept(path)) return;
  log::warning(printable(path, 1000) + ": is damaged, or the answer to another request; measured anew");
  fs::remove(path, ignored);
}

}  // namespace

void set_caches(const RunConfig& config, SamplerOptions& sampler, const ScoreModel& model) {
  if (measures(sampler)) sampler.cache = file_of(versions + text(sampler_keys, sampler, !sampler.steps), config, model);
  sampler.scales_cache = file_of(std::string(versions) + " scales 2", config, model);
  drop_damaged(sampler.cache);
  drop_damaged(sampler.scales_cache);
}

}  // namespace shockstep::cli
