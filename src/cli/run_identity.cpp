#include "cli/run_identity.hpp"

#include <shockstep/error.hpp>

#include "cli/content_hash.hpp"
#include "cli/setup.hpp"
#include "config/keys.hpp"
#include "controller/fitted_schedule_json.hpp"
#include "controller/fitted_solver_json.hpp"
#include "controller/model_scales_json.hpp"
#include "core/text.hpp"
#include "output/json.hpp"

#include <torch/version.h>

#include <set>
#include <string_view>

namespace shockstep::cli {
namespace {

constexpr std::string_view content_of = "content.";

std::string shown(const Json* value) {
  if (!value || value->is_null()) return "not given";
  return printable(value->dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

// Those of the settings that samples depend on.
Json settings_of(const Json& config, bool exact) {
  Json out = Json::object();
  for (const char* section : {"model", "process"})
    if (config.contains(section)) out[section] = config[section];
  for_each_key([&](const auto& row) {
    const auto& [section, name, meaning, changes, measured, option, type] = row.key;
    if (changes == Changes::nothing || (changes == Changes::last_bits && exact)) return;
    if (config.contains(section) && config[section].contains(name)) out[section][name] = config[section][name];
  });
  return out;
}

// path: of keys, with dots.
std::string difference_at(const std::string& path, const Json* was, const Json* is) {
  if (was && is && *was == *is) return {};
  if (!was || !is || !was->is_object() || !is->is_object())
    return path.starts_with(content_of) ? "what stands in the file of " + path.substr(content_of.size()) + " differs"
                                        : path + " was " + shown(was) + ", is " + shown(is);
  std::set<std::string> keys;
  for (const Json* side : {was, is})
    for (const auto& [key, value] : side->items()) keys.insert(key);
  const auto child = [](const Json& side, const std::string& key) { return side.contains(key) ? &side[key] : nullptr; };
  for (const std::string& key : keys)
    if (auto found = difference_at(path.empty() ? key : path + "." + key, child(*was, key), child(*is, key));
        !found.empty())
      return found;
  return {};
}

}  // namespace

Json run_identity(const RunConfig& config, const Options& options, const ScoreModel& model) {
  Json out = settings_of(to_json(config.resolved()), model.exact());
  out["shockstep"] = SHOCKSTEP_VERSION;
  if (!model.exact()) {
    out["run"]["threads"] = threads_of(config.run, model);
    out["Torch"] = TORCH_VERSION;
  }
  out["content"] = to_json(content_hashes(config, options));
  if (options.strength) out["--strength"] = *options.strength;
  if (options.interpolate > 0) out["--interpolate"] = options.interpolate;
  return out;
}

Json finished_identity(const Json& summary, const Json& now) {
  const bool exact = !now.contains("Torch");
  Json out = settings_of(summary.at("config"), exact);
  out["shockstep"] = summary.at("version");
  if (!exact) {
    out["run"]["threads"] = summary.at("threads");
    out["Torch"] = now["Torch"];  // a run that is whole may have used another Torch
  }
  out["content"] = summary.at("content");
  if (summary.contains("init") && summary["init"].contains("strength")) out["--strength"] = summary["init"]["strength"];
  if (summary.contains("interpolate")) out["--interpolate"] = summary["interpolate"];
  return out;
}

std::string difference(const Json& was, const Json& is) { return difference_at("", &was, &is); }

std::string to_text(const JournalHeader& header) {
  Json out{{"identity", header.identity}, {"part", header.part}};
  const Prepared& p = header.prepared;
  if (p.profile.step_tolerance > 0) out["profile"] = Json::parse(to_json(p.profile));  // none on a fixed grid
  if (p.scales) out["scales"] = scales_json(*p.scales);
  if (p.solver) out["solver"] = solver_json(*p.solver);
  if (p.fitted) out["fitted"] = Json::parse(to_json(*p.fitted));
  return dump(out);
}

JournalHeader journal_header(const std::string& text, const std::string& path) {
  try {
    const Json in = Json::parse(text);
    JournalHeader header{.identity = in.at("identity"), .part = in.at("part"), .prepared = {}};
    if (in.contains("profile")) {
      header.prepared.profile = guard_profile_from_json(in["profile"].dump(), path);
      header.prepared.profile.source = in["profile"].at("source");
    }
    if (in.contains("scales")) header.prepared.scales = scales_from_json(in["scales"]);
    if (in.contains("solver"))
      header.prepared.solver = std::make_shared<const FittedSolver>(solver_from_json(in["solver"], path));
    if (in.contains("fitted")) header.prepared.fitted = fitted_schedule_from_json(in["fitted"].dump(), path);
    return header;
  } catch (const Json::exception&) {
    throw FileError(printable(path, 1000), "has a header of another version of shockstep; begin anew without --resume");
  }
}

}  // namespace shockstep::cli
