#include "output/comparison.hpp"

#include <shockstep/method.hpp>

#include "core/text.hpp"
#include "output/json.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

// Which nodes a grid has, in a word; "sigmas" is a list or a file of them.
std::string schedule_text(const SamplerOptions& options) {
  if (!options.steps) return "";
  const bool listed = !options.steps->sigmas.empty() && options.steps->schedule != Schedule::ays;
  return listed ? "sigmas" : std::string(name(options.steps->schedule));
}

// The columns in their order; the only list of them.
Json cells(const ComparisonRow& r, const DistributionDistances& floor) {
  const SamplerOptions& options = r.method.options;
  const std::string schedule = schedule_text(options);
  return {{"name", r.method.name},
          {"method", name(options.method)},
          {"steps", r.nodes > 0 ? Json(r.nodes) : Json("adaptive")},
          {"tolerance", r.nodes > 0 ? Json() : Json(options.tolerance)},
          {"evaluations_mean", json_number(r.evaluations_mean)},
          {"evaluations_max", r.evaluations_max},
          {"rms", json_number(r.error.rms)},
          {"median", json_number(r.error.median)},
          {"p99", json_number(r.error.p99)},
          {"max", json_number(r.error.max)},
          {"wrong_mode", json_number(r.error.wrong_mode)},
          {"wall_seconds", json_number(r.wall_seconds)},
          {"pilot_evaluations", r.pilot_evaluations},
          {"left_out", r.error.left_out},
          {"budget", r.budget},
          {"schedule", schedule.empty() ? Json() : Json(schedule)},
          {"sliced_w2", json_number(r.distances.sliced_w2.value)},
          {"sliced_w2_se", json_number(r.distances.sliced_w2.standard_error)},
          {"sliced_w2_floor", json_number(floor.sliced_w2.value)},
          {"energy", json_number(r.distances.energy.value)},
          {"energy_se", json_number(r.distances.energy.standard_error)},
          {"energy_floor", json_number(floor.energy.value)},
          {"mode_weights", json_number(r.distances.mode_weights.value)},
          {"mode_weights_se", json_number(r.distances.mode_weights.standard_error)},
          {"mode_weights_floor", json_number(floor.mode_weights.value)},
          {"mode_weights_z", json_number(r.distances.mode_weights_z)}};
}

Json estimate_json(const Estimate& e) {
  return {{"value", json_number(e.value)}, {"standard_error", json_number(e.standard_error)}};
}

Json floor_json(const DistributionDistances& floor) {
  return {{"sliced_w2", estimate_json(floor.sliced_w2)},
          {"energy", estimate_json(floor.energy)},
          {"mode_weights", estimate_json(floor.mode_weights)},
          {"mode_weights_z", json_number(floor.mode_weights_z)}};
}

// Quoted where RFC 4180 demands it.
std::string csv_field(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return shortest(value.get<double>());
  if (!value.is_string()) return value.dump();
  auto text = value.get<std::string>();
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::string short_number(double value) { return std::isfinite(value) ? three_digits(value) : "-"; }

// Characters, not bytes: those that continue one in UTF-8 are 10xxxxxx.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::vector<bool> pareto_front(const std::vector<ComparisonRow>& rows) {
  std::vector<bool> front;
  for (const auto& row : rows) {
    const auto beats = [&](const ComparisonRow& other) {
      return other.evaluations_mean <= row.evaluations_mean && other.error.rms <= row.error.rms &&
             (other.evaluations_mean < row.evaluations_mean || other.error.rms < row.error.rms);
    };
    front.push_back(std::isfinite(row.error.rms) && std::none_of(rows.begin(), rows.end(), beats));
  }
  return front;
}

std::string comparison_csv(const ComparisonResult& result) {
  std::string out;
  const Json columns = cells(ComparisonRow{}, {});
  for (auto column = columns.begin(); column != columns.end(); ++column)
    out.append(out.empty() ? "" : ",").append(column.key());
  out += '\n';
  for (const auto& row : result.rows) {
    std::string line;
    for (const Json& value : cells(row, result.floor)) line.append(line.empty() ? "" : ",").append(csv_field(value));
    out += line + '\n';
  }
  return out;
}

std::string comparison_json(const ComparisonFacts& facts, const ComparisonResult& result) {
  Json out;
  out["version"] = facts.setup.version;
  out["config"] = to_json(facts.setup.config);
  out["model"] = facts.setup.model;
  if (!facts.setup.noise.empty()) out["noise"] = facts.setup.noise;
  out["trajectories"] = facts.trajectories;
  out["complete"] = result.complete;
  const bool exact = result.reference.exact;
  out["reference"] = {{"exact", exact},
                      {"tolerance", exact ? Json() : Json(result.reference.tolerance)},
                      {"evaluations_mean", result.reference_evaluations_mean},
                      {"budget", result.reference_budget}};
  if (result.distance_rows > 0)
    out["distances"] = {{"rows", result.distance_rows}, {"floor", floor_json(result.floor)}};
  out["rows"] = Json::array();
  for (const auto& row : result.rows) out["rows"].push_back(cells(row, result.floor));
  out["setup_seconds"] = facts.setup.seconds;
  out["device"] = facts.setup.device;
  out["threads"] = facts.setup.threads;
  out["warnings"] = facts.warnings;
  return dump(out);
}

std::string comparison_text(const ComparisonResult& result) {
  const auto& rows = result.rows;
  std::vector<std::vector<std::string>> table{{"", "name", "method", "schedule", "steps", "tolerance", "evaluations",
                                               "most", "rms", "median", "p99", "max", "wrong", "s"}};
  constexpr std::size_t texts = 4;  // columns that are aligned to the left
  const bool distances = result.distance_rows > 0;
  const auto add_distances = [&](const DistributionDistances& d) {
    if (!distances) return;
    for (const Estimate& e : {d.sliced_w2, d.energy, d.mode_weights})
      table.back().insert(table.back().end(), {short_number(e.value), short_number(e.standard_error)});
  };
  if (distances) table.back().insert(table.back().end(), {"w2", "+-", "energy", "+-", "weights", "+-"});
  const auto front = pareto_front(rows);
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return rows[a].evaluations_mean < rows[b].evaluations_mean; });
  for (const std::size_t i : order) {
    const ComparisonRow& r = rows[i];
    const SamplerOptions& options = r.method.options;
    char mean[32];
    std::snprintf(mean, sizeof mean, "%.2f", r.evaluations_mean);
    const std::string schedule = schedule_text(options);
    table.push_back({front[i] ? "*" : "", printable(r.method.name, 40), std::string(name(options.method)),
                     schedule.empty() ? "-" : schedule, r.nodes > 0 ? std::to_string(r.nodes) : "adaptive",
                     r.nodes > 0 ? "-" : short_number(options.tolerance), mean, std::to_string(r.evaluations_max),
                     short_number(r.error.rms), short_number(r.error.median), short_number(r.error.p99),
                     short_number(r.error.max), short_number(r.error.wrong_mode), short_number(r.wall_seconds)});
    add_distances(r.distances);
  }
  if (distances && std::isfinite(result.floor.sliced_w2.value)) {
    table.push_back({"", "exact samples"});
    table.back().resize(table.front().size() - 6, "-");
    add_distances(result.floor);
  }
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& row : table)
    for (std::size_t j = 0; j < row.size(); ++j) widths[j] = std::max(widths[j], width(row[j]));
  std::string out;
  for (const auto& row : table) {
    for (std::size_t j = 0; j < row.size(); ++j) {
      const std::string pad(widths[j] - width(row[j]), ' ');
      out.append(j > 0 ? (j == 1 ? " " : "  ") : "").append(j < texts ? row[j] + pad : pad + row[j]);
    }
    out += '\n';
  }
  return out;
}

}  // namespace shockstep
