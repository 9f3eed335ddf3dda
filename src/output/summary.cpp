#include "output/summary.hpp"

#include "controller/fitted_solver_json.hpp"
#include "controller/model_scales_json.hpp"
#include "output/fit_json.hpp"
#include "output/json.hpp"
#include "output/schedule_text.hpp"
#include "output/warnings.hpp"
#include "records/columns.hpp"

#include <array>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

Json quantiles(const QuantileSketch& sketch) {
  Json out{{"count", sketch.count()}};
  if (sketch.count() == 0) return out;
  out["mean"] = json_number(sketch.mean());
  static constexpr std::array<std::pair<const char*, double>, 6> levels{
      {{"q05", .05}, {"q25", .25}, {"q50", .5}, {"q75", .75}, {"q95", .95}, {"q99", .99}}};
  for (const auto& [key, q] : levels) out[key] = json_number(sketch.quantile(q));
  out["max"] = json_number(sketch.maximum());
  return out;
}

Json json_value(double value) { return json_number(value); }
Json json_value(std::int64_t value) { return value; }

}  // namespace

std::int64_t rows_in_all(const RunFacts& facts, const RunStatistics& s) {
  return (facts.exact ? s.model_rows : s.model_capacity) + facts.prepared_rows;
}

std::string summary_json(const RunFacts& facts, const RunStatistics& s, const QuantileSketch& exponents,
                         const QuantileSketch& errors) {
  Json status;
  for (int i = 0; i < status_count; ++i) status[std::string(name(static_cast<Status>(i)))] = s.count_by_status[i];

  Json out;
  out["version"] = facts.setup.version;
  out["config"] = to_json(facts.setup.config);
  out["content"] = to_json(facts.setup.content);  // SHA-1 of the files read
  out["model"] = facts.setup.model;
  if (!facts.setup.noise.empty()) out["latents"] = facts.setup.noise;
  if (!facts.setup.init.empty()) {
    out["init"] = {{"file", facts.setup.init}, {"sigma", facts.setup.start}};
    if (facts.setup.strength) out["init"]["strength"] = *facts.setup.strength;
    if (!facts.setup.mask.empty()) out["init"]["mask"] = facts.setup.mask;
  }
  if (facts.setup.interpolate > 0) out["interpolate"] = facts.setup.interpolate;
  out["trajectories"] = s.trajectories();
  out["status"] = std::move(status);
  for_each_column(run_statistics, [&](const auto& statistic) {
    if (*statistic.path) out[Json::json_pointer(statistic.path)] = json_value(statistic(s));
  });
  out["evaluations"]["all"] = rows_in_all(facts, s);
  out["exponent"] = quantiles(exponents);
  out["error_estimate"] = quantiles(errors);
  out["setup_seconds"] = facts.setup.seconds;
  out["device"] = facts.setup.device;
  out["threads"] = facts.setup.threads;
  out["ranks"] = facts.setup.ranks;
  const bool fixed = !facts.sigmas.empty();
  out["tolerance_kind"] = fixed ? "none" : facts.profile.tolerance > 0 ? "per_sample" : "per_step";
  out["tolerance_internal"] = fixed ? Json() : Json(facts.profile.step_tolerance);
  if (fixed) out["sigmas"] = facts.sigmas;
  if (facts.solver) out["solver"] = solver_json(*facts.solver);
  if (facts.fitted) out["fitted"] = fitted_json(*facts.fitted);
  out["guard"] = facts.guard ? Json::parse(to_json(facts.profile)) : Json(false);
  if (facts.scales) out["scales"] = scales_json(*facts.scales);
  if (facts.fit) out["fit"] = fit_json(*facts.fit);
  if (facts.rounding) out["rounding"] = {{"rms", json_number(facts.rounding->rms)}, {"rows", facts.rounding->rows}};
  if (!s.first_failure.empty()) out["first_failure"] = s.first_failure;
  out["warnings"] = warnings(facts, s);
  return dump(out);
}

}  // namespace shockstep
