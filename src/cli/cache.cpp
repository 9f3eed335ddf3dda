#include "cli/cache.hpp"

#include "cli/content_hash.hpp"
#include "cli/setup.hpp"
#include "core/text.hpp"
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

// Taken apart, so that an option more is an error here until it is written down.
std::string text(const SamplerOptions& options) {
  const auto& [dynamics, eta, method, steps, order, solver, tolerance, guard, most, final, cache, own] = options;
  const auto& [enabled, profile, quantile, redo, events] = guard;
  std::string out = std::to_string(static_cast<int>(dynamics)) + " " + shortest(eta) + " " + std::string(name(method));
  for (int number : {order, static_cast<int>(solver), most, static_cast<int>(final), static_cast<int>(redo)})
    out += " " + std::to_string(number);
  if (!steps) return out + " " + shortest(tolerance) + " " + shortest(quantile);  // a pilot seeks no events
  return out + " count " + std::to_string(steps->count);  // of a fit, which nothing else of the steps changes
}

bool measures(const SamplerOptions& options) {
  if (options.steps) return options.steps->schedule == Schedule::fitted && options.steps->sigmas.empty();
  return options.dynamics == Dynamics::ode && options.guard.enabled && options.guard.profile == "pilot";
}

}  // namespace

std::string cache_file(const RunConfig& config, const SamplerOptions& sampler, const ScoreModel& model) {
  const fs::path where = folder();
  if (where.empty() || model.exact() || model.file().empty() || !measures(sampler)) return {};
  const ConfigNode resolved = config.resolved();
  std::string key = "shockstep " SHOCKSTEP_VERSION ", Torch " TORCH_VERSION ", " + text(sampler);
  for (const char* name : {"model", "process"}) {
    const ConfigNode* section = resolved.find(name);
    if (!section) continue;
    key += "\n" + dump(to_json(*section));
    for (const auto& [file_key, content] : hashes_of_files(*section, config.file)) key += " " + content;
  }
  key += "\n" + config.run.device + " " + config.run.dtype + " " + std::to_string(threads_of(config.run, model));
  return (where / (hash(key) + ".json")).string();
}

}  // namespace shockstep::cli
