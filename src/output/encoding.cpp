#include "output/encoding.hpp"

#include "core/nan.hpp"
#include "output/json.hpp"
#include "output/number.hpp"

#include <cmath>
#include <numbers>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

double bits_per_dimension(double log_likelihood, std::int64_t dimension) {
  return -log_likelihood / (static_cast<double>(dimension) * std::numbers::ln2);
}

std::string log_likelihood_csv(const std::vector<EncodedRow>& rows, std::int64_t dimension) {
  std::string out =
      "datum,status,evaluations,log_likelihood,standard_error,bits_per_dimension,bits_standard_error,"
      "quadrature_error\n";
  for (const EncodedRow& row : rows) {
    append_number(out, row.report.trajectory);
    out += ',';
    out += name(row.report.status);
    out += ',';
    append_number(out, row.report.evaluations);
    for (const double value :
         {row.log_likelihood, row.standard_error, bits_per_dimension(row.log_likelihood, dimension),
          -bits_per_dimension(row.standard_error, dimension), row.quadrature_error}) {
      out += ',';
      if (std::isfinite(value)) append_number(out, value);
    }
    out += '\n';
  }
  return out;
}

MeanLikelihood mean_likelihood(const std::vector<EncodedRow>& rows) {
  double sum = 0, square = 0;
  std::int64_t n = 0;
  for (const EncodedRow& row : rows)
    if (std::isfinite(row.log_likelihood))
      sum += row.log_likelihood, square += row.log_likelihood * row.log_likelihood, ++n;
  if (n == 0) return {nan, nan, 0};
  const double count = static_cast<double>(n), mean = sum / count;
  return {mean, n > 1 ? std::sqrt(std::max(0., square / count - mean * mean) / (count - 1)) : nan, n};
}

std::string encode_json(const EncodeFacts& facts, const std::vector<EncodedRow>& rows, const RunStatistics& s) {
  Json status;
  for (int i = 0; i < status_count; ++i) status[std::string(name(static_cast<Status>(i)))] = s.count_by_status[i];
  const MeanLikelihood mean = mean_likelihood(rows);
  Json out;
  out["version"] = facts.setup.version;
  out["config"] = to_json(facts.setup.config);
  out["model"] = facts.setup.model;
  out["data"] = facts.data;
  out["rows"] = rows.size();
  out["status"] = std::move(status);
  out["evaluations"] = {{"total", s.evaluations},
                        {"mean", s.mean(s.evaluations)},
                        {"max", s.evaluations_max},
                        {"trace_mean", s.mean(s.probes)}};
  out["latent_rms"] = json_number(facts.latent_rms);
  out["trace"] = facts.directions == 0 ? "off" : facts.exact_trace ? "exact" : "hutchinson";
  out["trace_directions"] = facts.directions;
  out["sigma"] = facts.sigma_min;
  out["log_likelihood"] = {{"mean", json_number(mean.nats)}, {"standard_error", json_number(mean.standard_error)}};
  out["bits_per_dimension"] = {
      {"mean", json_number(bits_per_dimension(mean.nats, facts.dimension))},
      {"standard_error", json_number(-bits_per_dimension(mean.standard_error, facts.dimension))}};
  out["tolerance"] = facts.tolerance;
  out["wall_seconds"] = s.wall_seconds;
  out["setup_seconds"] = facts.setup.seconds;
  out["model_seconds"] = s.model_seconds;
  out["device"] = facts.setup.device;
  out["threads"] = facts.setup.threads;
  out["warnings"] = facts.warnings;
  return dump(out);
}

}  // namespace shockstep
