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

Json numbers(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(json_number(value));
  return out;
}

Json quantiles(const Quantiles& q) {
  Json out{{"count", q.count}};
  if (q.count == 0) return out;
  for (const auto& [key, value] :
       {std::pair{"q05", q.q05}, {"q25", q.q25}, {"q50", q.q50}, {"q75", q.q75}, {"q95", q.q95}})
    out[key] = json_number(value);
  return out;
}

// Written where the process has a native time.
Json time_of(const InspectFacts& facts, double sigma) {
  return sigma >= facts.sigma_min && sigma <= facts.sigma_max ? json_number(facts.time(sigma)) : Json();
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
    lines.push_back({{"eigenvalue", json_number(line.eigenvalue)},
                     {"sigma", json_number(line.sigma)},
                     {"time", time_of(facts, line.sigma)},
                     {"vp_time", json_number(line.vp_time)},
                     {"vp_sigma", json_number(line.vp_sigma)},
                     {"measured", quantiles(line.measured)},
                     {"along", json_number(line.along)}});
  return {
      {"source", s.source}, {"rows", s.rows}, {"total_variance", json_number(s.total)}, {"lines", std::move(lines)}};
}

Json clusters_json(const InspectFacts& facts, const ClusterSection& s) {
  Json out{{"source", s.source},
           {"count", s.count()},
           {"sizes", s.sizes},
           {"silhouette", json_number(s.silhouette)},
           {"silhouette_of_a_gaussian", json_number(s.silhouette_null)},
           {"means", numbers(s.means)}};
  if (!facts.labels.empty()) out["labels"] = facts.labels;
  return out;
}

Json commitment_json(const InspectFacts& facts, const CommitmentSection& s) {
  Json clusters = Json::array(), pairs = Json::array();
  for (const Quantiles& q : s.of_cluster)
    clusters.push_back({{"cluster", clusters.size() + 1}, {"sigma", quantiles(q)}, {"time", time_of(facts, q.q50)}});
  for (const PairCommitment& pair : s.pairs)
    pairs.push_back({{"a", pair.a + 1},
                     {"b", pair.b + 1},
                     {"distance", json_number(pair.distance)},
                     {"opens", json_number(pair.opens)},
                     {"sigma", quantiles(pair.sigma)},
                     {"time", time_of(facts, pair.sigma.q50)},
                     {"from_start", pair.from_start},
                     {"between", pair.between}});
  return {{"trajectories", s.cluster.size()},
          {"ended_elsewhere", s.moved},
          {"between", s.between},
          {"clusters", std::move(clusters)},
          {"pairs", std::move(pairs)}};
}

Json figure(const HealthFigure& f) {
  return {{"found", json_number(f.found)}, {"exact", json_number(f.exact)}, {"verdict", name(f.verdict)}};
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
                    {"trace", json_number(row.trace)},
                    {"eigenvalues", numbers(row.eigenvalues)}});
  return {{"complete", s.complete}, {"rows", std::move(rows)}};
}

Json interfaces_json(const InterfaceSection& s) {
  Json profiles = Json::array();
  for (const InterfaceProfile& p : s.profiles)
    profiles.push_back({{"trajectory", p.trajectory},
                        {"sigma", p.sigma},
                        {"width", json_number(p.width)},
                        {"amplitude", json_number(p.amplitude)},
                        {"slope", json_number(p.slope)},
                        {"width_local", json_number(p.width_local)},
                        {"amplitude_local", json_number(p.amplitude_local)},
                        {"residual", json_number(p.residual)}});
  Json out{{"tried", s.tried}, {"profiles", std::move(profiles)}};
  if (!s.why.empty()) out["why"] = s.why;
  return out;
}

Json product_json(const ProductSection& s) {
  Json explained = Json::array();
  for (const auto& row : s.explained) explained.push_back(numbers(row));
  return {{"mean", json_number(s.mean)},
          {"smallest", json_number(s.smallest)},
          {"sigmas", numbers(s.sigmas)},
          {"explained", std::move(explained)}};
}

double share_of(const StationarySection& s, const StationaryPoint& point) {
  return s.basin.empty() ? 0 : static_cast<double>(point.ends) / static_cast<double>(s.basin.size());
}

Json stationary_json(const StationarySection& s) {
  Json points = Json::array();
  for (const StationaryPoint& p : s.points) {
    const double share = share_of(s, p);
    points.push_back({{"point", points.size() + 1},
                      {"kind", p.kind},
                      {"unstable_directions", p.unstable},
                      {"ends", p.ends},
                      {"share", share},
                      {"share_error", std::sqrt(share * (1 - share) / static_cast<double>(s.basin.size()))},
                      {"slowest_rate", json_number(p.rates.front())},
                      {"rate_of_approach", json_number(p.rate)},
                      {"rates", numbers(p.rates)},
                      {"turning", json_number(p.turning)},
                      {"at", numbers(p.at)}});
  }
  Json out{{"field_sigma", s.sigma},         {"power", s.power},           {"duration", s.duration},
           {"trajectories", s.basin.size()}, {"unsettled", s.unsettled},   {"starts", s.starts},
           {"index_sum", s.index_sum},       {"points", std::move(points)}};
  if (!s.why.empty()) out["why"] = s.why;
  return out;
}

Json training_json(const InspectFacts& facts, const TrainingSection& s) {
  Json memorised = Json::array();
  for (const TrainingRow& row : s.rows)
    if (row.memorised) memorised.push_back({{"sample", row.sample}, {"nearest", row.nearest}});
  return {{"data", facts.data},
          {"points", s.points},
          {"held_out", s.held_out},
          {"held_out_is", s.split ? Json("the second half of the data") : Json(facts.held_out)},
          {"dimension", json_number(s.dimension)},
          {"level", json_number(s.level)},
          {"distance", quantiles(s.samples)},
          {"distance_of_held_out", quantiles(s.held)},
          {"nearer", json_number(s.nearer)},
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
  add("stationary", f.stationary);
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

// A number as a user sees it: counted from 1, and empty where there is none.
double number_of(int index) { return index < 0 ? std::nan("") : index + 1.; }

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
  out["complete"] = facts.analysed && f.complete;
  if (!facts.left_out.empty()) out["left_out"] = facts.left_out;
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
  if (f.stationary) out["stationary"] = stationary_json(*f.stationary);
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
                 event.exponent, number_of(cluster));
    }
  return out;
}

std::string commitment_csv(const InspectFacts& facts) {
  const CommitmentSection& s = *facts.found.commitment;
  std::string out = "trajectory,cluster,sigma,time\n";
  for (std::size_t i = 0; i < s.cluster.size(); ++i)
    append_row(out, i, number_of(s.cluster[i]), s.sigma[i],
               std::isnan(s.sigma[i]) ? s.sigma[i] : facts.time(s.sigma[i]));
  return out;
}

std::string stationary_csv(const StationarySection& s) {
  std::string out = "point,kind,unstable,share";
  const std::size_t d = s.points.empty() ? 0 : s.points[0].at.size();
  for (const char* column : {"rate", "x"})
    for (std::size_t k = 1; k <= d; ++k) out += "," + std::string(column) + "_" + std::to_string(k);
  out += '\n';
  for (std::size_t i = 0; i < s.points.size(); ++i) {
    const StationaryPoint& p = s.points[i];
    out += std::to_string(i + 1) + "," + p.kind + "," + std::to_string(p.unstable) + ",";
    append_number(out, share_of(s, p));
    for (const auto* row : {&p.rates, &p.at})
      for (const double value : *row) out += ',', append_number(out, value);
    out += '\n';
  }
  return out;
}

std::string basins_csv(const StationarySection& s) {
  std::string out = "trajectory,point\n";
  for (std::size_t i = 0; i < s.basin.size(); ++i) append_row(out, i, number_of(s.basin[i]));
  return out;
}

std::string training_csv(const TrainingSection& training) {
  std::string out = "sample,nearest,distance,second,p,memorised\n";
  for (const TrainingRow& row : training.rows)
    append_row(out, row.sample, row.nearest, row.distance, row.second, row.p, static_cast<int>(row.memorised));
  return out;
}

}  // namespace shockstep
