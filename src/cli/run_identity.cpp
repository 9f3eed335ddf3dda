#include "cli/run_identity.hpp"

#include <shockstep/error.hpp>

#include "cli/content_hash.hpp"
#include "cli/setup.hpp"
#include "controller/fitted_schedule_json.hpp"
#include "core/text.hpp"
#include "output/json.hpp"

#include <torch/version.h>

#include <array>
#include <set>
#include <string_view>

namespace shockstep::cli {
namespace {

constexpr std::array sections{"model", "process", "sampler"};
constexpr std::string_view content_of = "content.";

std::string shown(const Json* value) {
  if (!value || value->is_null()) return "not given";
  return printable(value->dump(-1, ' ', false, Json::error_handler_t::replace), 60);
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
  const ConfigNode settings = config.resolved();
  Json out{{"shockstep", SHOCKSTEP_VERSION}};
  for (const char* name : sections)
    if (const ConfigNode* section = settings.find(name)) out[name] = to_json(*section);
  const RunSettings& run = config.run;
  out["run"] = {{"count", run.count}, {"first", run.first}, {"seed", run.seed}};
  if (!model.exact()) {
    out["run"].update(
        {{"batch", run.batch}, {"device", run.device}, {"dtype", run.dtype}, {"threads", threads_of(run, model)}});
    out["Torch"] = TORCH_VERSION;
  }
  out["output"] = {{"steps", config.output.steps}};  // the journal has the steps of these
  out["content"] = to_json(content_hashes(config, options));
  if (options.strength) out["--strength"] = *options.strength;
  if (options.interpolate > 0) out["--interpolate"] = options.interpolate;
  return out;
}

Json finished_identity(const Json& summary, const Json& now) {
  const Json& config = summary.at("config");
  Json out{{"shockstep", summary.at("version")}};
  for (const char* name : sections)
    if (config.contains(name)) out[name] = config[name];
  for (const auto& [key, value] : now.at("run").items())
    out["run"][key] = key == "threads" ? summary.at("threads") : config.at("run").at(key);
  if (now.contains("Torch")) out["Torch"] = now["Torch"];  // whichever it was, the run is whole
  out["output"] = {{"steps", config.at("output").at("steps")}};
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
    if (in.contains("fitted")) header.prepared.fitted = fitted_schedule_from_json(in["fitted"].dump(), path);
    return header;
  } catch (const Json::exception&) {
    throw FileError(printable(path, 1000), "has a header of another version of shockstep; begin anew without --resume");
  }
}

}  // namespace shockstep::cli
