#include "output/inspection.hpp"

#include "output/fit_json.hpp"
#include "output/json.hpp"
#include "output/number.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

// JSON has neither NaN nor infinity.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json numbers(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(number(value));
  return out;
}

Json quantiles(const Quantiles& q) {
  Json out{{"count", q.count}};
  if (q.count == 0) return out;
  for (const auto& [key, value] :
       {std::pair{"q05", q.q05}, {"q25", q.q25}, {"q50", q.q50}, {"q75", q.q75}, {"q95", q.q95}})
    out[key] = number(value);
  return out;
}

// Where the process has a time for it.
Json time_of(const InspectFacts& facts, double sigma) {
  return sigma >= facts.sigma_min && sigma <= facts.sigma_max ? number(facts.time(sigma)) : Json();
}

Json speciation_json(const InspectFacts& facts, const SpeciationSection& s) {
  return {{"trajectories", s.reports.size()},
          {"with_event", s.with_event},
          {"open_at_the_end", s.open},
          {"enter", quantiles(s.enter)},
          {"speciation", quantiles(s.speciation)},
          {"speciation_time", time_of(facts, s.speciation.q50)},
          {"exit", quantiles(s.exit)},
          {"bracket", quantiles(s.bracket)},
          {"exponent", quantiles(s.exponent)}};
}

Json spectral_json(const InspectFacts& facts, const SpectralSection& s) {
  Json lines = Json::array();
  for (const SpectralLine& line : s.lines)
    lines.push_back({{"eigenvalue", number(line.eigenvalue)},
                     {"sigma", number(line.sigma)},
                     {"time", time_of(facts, line.sigma)},
                     {"vp_time", number(line.vp_time)},
                     {"vp_sigma", number(line.vp_sigma)},
                     {"measured", quantiles(line.measured)},
                     {"along", number(line.along)}});
  return {{"source", s.source}, {"rows", s.rows}, {"total_variance", number(s.total)}, {"lines", std::move(lines)}};
}

Json clusters_json(const InspectFacts& facts, const ClusterSection& s) {
  Json out{{"source", s.source},
           {"count", s.count()},
           {"sizes", s.sizes},
           {"silhouette", number(s.silhouette)},
           {"silhouette_of_a_gaussian", number(s.silhouette_null)},
           {"means", numbers(s.means)}};
  if (!facts.labels.empty()) out["labels"] = facts.labels;
  return out;
}

Json commitment_json(const InspectFacts& facts, const CommitmentSection& s) {
  Json clusters = Json::array(), pairs = Json::array();
  for (const Quantiles& q : s.of_cluster)
    clusters.push_back({{"sigma", quantiles(q)}, {"time", time_of(facts, q.q50)}});
  for (const PairCommitment& pair : s.pairs)
    pairs.push_back({{"a", pair.a},
                     {"b", pair.b},
                     {"distance", number(pair.distance)},
                     {"opens", number(pair.opens)},
                     {"sigma", quantiles(pair.sigma)},
                     {"time", time_of(facts, pair.sigma.q50)},
                     {"from_start", pair.from_start},
                     {"undecided", pair.undecided}});
  return {{"trajectories", s.cluster.size()},
          {"ended_elsewhere", s.moved},
          {"undecided", std::ranges::count_if(s.sigma, [](double v) { return std::isnan(v); })},
          {"clusters", std::move(clusters)},
          {"pairs", std::move(pairs)}};
}

Json figure(const HealthFigure& f) {
  return {{"found", number(f.found)}, {"exact", number(f.exact)}, {"verdict", name(f.verdict)}};
}

Json health_json(const HealthSection& s) {
  Json levels = Json::array();
  for (const HealthLevel& level : s.levels)
    levels.push_back({{"sigma", level.sigma},
                      {"curl", figure(level.curl)},
                      {"residual", figure(level.residual)},
                      {"smallest_eigenvalue", figure(level.entropy)}});
  return {{"verdict", name(s.verdict)},
          {"reason", s.reason},
          {"rows", s.rows},
          {"directions", s.directions > 0 ? Json(s.directions) : Json("coordinates")},
          {"step", s.step},
          {"levels", std::move(levels)}};
}

Json spectrum_json(const SpectrumSection& s) {
  Json rows = Json::array();
  for (const SpectrumRow& row : s.rows)
    rows.push_back({{"trajectory", row.trajectory},
                    {"sigma", row.sigma},
                    {"dimension", row.dimension},
                    {"trace", number(row.trace)},
                    {"eigenvalues", numbers(row.eigenvalues)}});
  return {{"complete", s.complete}, {"rows", std::move(rows)}};
}

Json interfaces_json(const InterfaceSection& s) {
  Json profiles = Json::array();
  for (const InterfaceProfile& p : s.profiles)
    profiles.push_back({{"trajectory", p.trajectory},
                        {"sigma", p.sigma},
                        {"width", number(p.width)},
                        {"amplitude", number(p.amplitude)},
                        {"slope", number(p.slope)},
                        {"width_local", number(p.width_local)},
                        {"amplitude_local", number(p.amplitude_local)},
                        {"residual", number(p.residual)}});
  Json out{{"tried", s.tried}, {"profiles", std::move(profiles)}};
  if (!s.why.empty()) out["why"] = s.why;
  return out;
}

Json product_json(const ProductSection& s) {
  Json explained = Json::array();
  for (const auto& row : s.explained) explained.push_back(numbers(row));
  return {{"mean", number(s.mean)},
          {"smallest", number(s.smallest)},
          {"sigmas", numbers(s.sigmas)},
          {"explained", std::move(explained)}};
}

Json training_json(const InspectFacts& facts, const TrainingSection& s) {
  Json memorised = Json::array();
  for (const TrainingRow& row : s.rows)
    if (row.memorised) memorised.push_back({{"sample", row.sample}, {"nearest", row.nearest}});
  return {{"data", facts.data},
          {"points", s.points},
          {"held_out", s.held_out},
          {"held_out_is", s.split ? Json("the second half of the data") : Json(facts.held_out)},
          {"dimension", number(s.dimension)},
          {"level", number(s.level)},
          {"distance", quantiles(s.samples)},
          {"distance_of_held_out", quantiles(s.held)},
          {"nearer", number(s.nearer)},
          {"memorised_count", s.memorised},
          {"memorised", std::move(memorised)}};
}

Json evaluations_json(const InspectFacts& facts) {
  const Inspection& f = facts.found;
  Json out{{"fit", facts.fit.evaluations}};
  std::int64_t total = facts.fit.evaluations;
  const auto add = [&](const char* key, const auto& section) {
    if (!section) return;
    out[key] = section->evaluations;
    total += section->evaluations;
  };
  add("speciation", f.speciation), add("commitment", f.commitment), add("health", f.health);
  add("spectrum", f.spectrum), add("interfaces", f.interfaces), add("product", f.product);
  out["total"] = total;
  return out;
}

// A line of a table: numbers that are not finite are empty.
template <class... Values>
void append_row(std::string& out, Values... values) {
  bool first = true;
  const auto append = [&](auto value) {
    if (!first) out += ',';
    first = false;
    if constexpr (std::is_floating_point_v<decltype(value)>)
      if (!std::isfinite(value)) return;
    append_number(out, value);
  };
  (append(values), ...);
  out += '\n';
}

}  // namespace

std::string inspect_json(const InspectFacts& facts) {
  const Inspection& f = facts.found;
  Json out;
  out["version"] = facts.setup.version;
  out["config"] = to_json(facts.setup.config);
  out["model"] = facts.setup.model;
  out["device"] = facts.setup.device;
  out["threads"] = facts.setup.threads;
  out["setup_seconds"] = facts.setup.seconds;
  out["seconds"] = facts.seconds;
  out["complete"] = facts.fit.fits && f.complete;
  out["evaluations"] = evaluations_json(facts);
  out["fit"] = fit_json(facts.fit);
  if (f.speciation) {
    out["speciation"] = speciation_json(facts, *f.speciation);
    out["guard"] = Json::parse(to_json(f.speciation->profile));
  }
  if (f.spectral) out["spectral"] = spectral_json(facts, *f.spectral);
  if (f.clusters) out["clusters"] = clusters_json(facts, *f.clusters);
  if (f.commitment) out["commitment"] = commitment_json(facts, *f.commitment);
  if (f.health) out["health"] = health_json(*f.health);
  if (f.spectrum) out["spectrum"] = spectrum_json(*f.spectrum);
  if (f.interfaces) out["interfaces"] = interfaces_json(*f.interfaces);
  if (f.product) out["product"] = product_json(*f.product);
  if (f.training) out["training"] = training_json(facts, *f.training);
  return dump(out);
}

std::string speciation_csv(const InspectFacts& facts) {
  std::string out = "trajectory,sigma,sigma_low,sigma_high,time,rate,exponent,cluster\n";
  for (const TrajectoryReport& report : facts.found.speciation->reports)
    for (const Event& event : report.events) {
      if (event.kind != EventKind::speciation) continue;
      const int cluster =
          facts.found.clusters ? facts.found.clusters->of_sample[static_cast<std::size_t>(report.trajectory)] : -1;
      append_row(out, report.trajectory, event.sigma, event.sigma_low, event.sigma_high, event.time, event.rate,
                 event.exponent, cluster);
    }
  return out;
}

std::string commitment_csv(const InspectFacts& facts) {
  const CommitmentSection& s = *facts.found.commitment;
  std::string out = "trajectory,cluster,sigma,time\n";
  for (std::size_t i = 0; i < s.cluster.size(); ++i)
    append_row(out, i, s.cluster[i], s.sigma[i], std::isnan(s.sigma[i]) ? s.sigma[i] : facts.time(s.sigma[i]));
  return out;
}

std::string training_csv(const TrainingSection& training) {
  std::string out = "sample,nearest,distance,second,p,memorised\n";
  for (const TrainingRow& row : training.rows)
    append_row(out, row.sample, row.nearest, row.distance, row.second, row.p, static_cast<int>(row.memorised));
  return out;
}

}  // namespace shockstep
