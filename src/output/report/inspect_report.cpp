#include "output/report/inspect_report.hpp"

#include "core/text.hpp"
#include "output/picture.hpp"
#include "output/report/described_figure.hpp"
#include "output/report/figure.hpp"
#include "output/report/run_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;
using paper::Figure;
using paper::Series;
using Style = Series::Style;

const paper::Axis sigma_axis{.name = "noise level σ, falling from left to right", .log = true, .falling = true};

std::string cluster_name(int k) { return "cluster " + std::to_string(k + 1); }

// --- figures ---

Figure commitment_figure(const CommitmentSection& s) {
  Figure out{
      .key = "commitment",
      .title = "Which clusters commit when",
      .explain =
          "The share of each cluster's trajectories whose denoised sample leans three to one towards it, against every "
          "other cluster, from there on; or half as far as it does in the end, where that is less.",
      .x = sigma_axis,
      .y = {.name = "committed"}};
  for (std::size_t c = 0; c < s.committed.size(); ++c) {
    if (s.of_cluster[c].count == 0) continue;
    Series line{.name = cluster_name(static_cast<int>(c)), .x = {}, .y = {}};
    // The axis begins where no trajectory has committed and ends where all have.
    for (std::size_t i = 0; i < s.sigmas.size(); ++i) {
      const bool before = i + 1 < s.sigmas.size() && s.committed[c][i + 1] == 0;
      const bool after = i > 0 && s.committed[c][i - 1] == s.committed[c].back();
      if (!before && !after) line.x.push_back(s.sigmas[i]), line.y.push_back(s.committed[c][i]);
    }
    if (!line.x.empty()) out.series.push_back(std::move(line));
  }
  return out;
}

Figure pairs_figure(const CommitmentSection& s) {
  Series measured{.name = "a pair of clusters", .x = {}, .y = {}, .style = Style::dots};
  double low = INFINITY, high = 0;
  for (const PairCommitment& pair : s.pairs) {
    if (pair.sigma.count == 0 || !(pair.opens > 0)) continue;
    measured.x.push_back(pair.opens), measured.y.push_back(pair.sigma.q50);
    low = std::min({low, pair.opens, pair.sigma.q50}), high = std::max({high, pair.opens, pair.sigma.q50});
  }
  Figure out{.key = "pairs",
             .title = "When pairs of clusters part",
             .explain =
                 "For each pair the median noise level at which its trajectories commit to one against the other, "
                 "beside that at "
                 "which the interface of two such clusters opens, σ² = (distance/2)² less their variance along it.",
             .x = {.name = "σ at which the interface of the two opens", .log = true},
             .y = {.name = "σ of commitment, median", .log = true}};
  if (measured.x.empty()) return out;
  out.series = {measured, Series{.name = "equal", .x = {low, high}, .y = {low, high}, .style = Style::dashed}};
  return out;
}

Figure spectral_figure(const SpectralSection& s, double sigma_min) {
  Series predicted{.name = "predicted, √Λ", .x = {}, .y = {}, .style = Style::dots},
      measured{.name = "measured, median", .x = {}, .y = {}, .style = Style::dots};
  for (std::size_t k = 0; k < s.lines.size(); ++k) {
    if (s.lines[k].sigma > sigma_min)
      predicted.x.push_back(static_cast<double>(k + 1)), predicted.y.push_back(s.lines[k].sigma);
    if (s.lines[k].measured.count > 0)
      measured.x.push_back(static_cast<double>(k + 1)), measured.y.push_back(s.lines[k].measured.q50);
  }
  Figure out{.key = "spectral",
             .title = "The spectral prediction",
             .explain =
                 "The noise level at which a principal direction of the data emerges from the noise, and where the "
                 "trajectories "
                 "decided whose direction lies mostly along it.",
             .x = {.name = "principal direction"},
             .y = {.name = "σ", .log = true}};
  if (measured.x.size() > 2) out.series = {predicted, measured};  // one or two are read in the table
  return out;
}

std::vector<Figure> health_figures(const HealthSection& s) {
  Series curl{.name = "curl", .x = {}, .y = {}}, residual{.name = "residual", .x = {}, .y = {}},
      entropy{.name = "smallest eigenvalue", .x = {}, .y = {}};
  const std::string exact = ", an exact mixture's";
  Series curl_exact{.name = curl.name + exact, .x = {}, .y = {}, .style = Style::dashed},
      residual_exact{.name = residual.name + exact, .x = {}, .y = {}, .style = Style::dashed},
      entropy_exact{.name = entropy.name + exact, .x = {}, .y = {}, .style = Style::dashed};
  for (const HealthLevel& level : s.levels)
    for (const auto& [found, mixture, figure] :
         {std::tuple{&curl, &curl_exact, &level.curl}, std::tuple{&residual, &residual_exact, &level.residual},
          std::tuple{&entropy, &entropy_exact, &level.entropy}}) {
      found->x.push_back(level.sigma), found->y.push_back(figure->found);
      mixture->x.push_back(level.sigma), mixture->y.push_back(figure->exact);
    }
  return {
      {.key = "health",
       .title = "Is it a score?",
       .explain =
           "Curl, |J - Jᵀ| over |J|, and how far D is from the equation of a diffusion, over the size of its terms. "
           "Dashed: what a Gaussian mixture at the clusters shows through the same differences. Verdict: " +
           std::string(name(s.verdict)) + "; " + s.reason + ".",
       .x = sigma_axis,
       .y = {.name = "relative size", .log = true},
       .series = {curl, curl_exact, residual, residual_exact}},
      {.key = "entropy",
       .title = "The entropy condition",
       .explain = "The smallest eigenvalue of the symmetric part of dD/dx at any of the states looked at. That of a "
                  "denoiser is a "
                  "posterior variance over σ², and not negative.",
       .x = sigma_axis,
       .y = {.name = "smallest eigenvalue"},
       .series = {entropy, entropy_exact}}};
}

std::vector<Figure> spectrum_figures(const SpectrumSection& s) {
  constexpr std::size_t shown = 8;
  std::map<std::int64_t, Series> dimension;
  std::vector<Series> leading;
  for (const SpectrumRow& row : s.rows) {
    Series& line = dimension[row.trajectory];
    line.name = "trajectory " + std::to_string(row.trajectory);
    line.x.push_back(row.sigma), line.y.push_back(static_cast<double>(row.dimension));
    if (row.trajectory != s.rows.front().trajectory) continue;
    leading.resize(std::min(shown, row.eigenvalues.size()));
    for (std::size_t k = 0; k < leading.size(); ++k) {
      leading[k].name = "eigenvalue " + std::to_string(k + 1);
      leading[k].x.push_back(row.sigma), leading[k].y.push_back(row.eigenvalues[k]);
    }
  }
  Figure counts{
      .key = "dimension",
      .title = "How many dimensions the data have",
      .explain =
          std::string(
              "The number of eigenvalues of dD/dx above one half: directions along which the data are wider than "
              "the noise") +
          (s.complete ? "." : "; at least, since only the leading ones are known."),
      .x = sigma_axis,
      .y = {.name = "eigenvalues above 1/2"}};
  for (auto& [trajectory, line] : dimension) counts.series.push_back(std::move(line));
  return {std::move(counts),
          {.key = "spectrum",
           .title = "Leading eigenvalues of dD/dx",
           .explain = "Along trajectory " + std::to_string(s.rows.empty() ? 0 : s.rows.front().trajectory) +
                      ". Above 1 neighbouring paths part.",
           .x = sigma_axis,
           .y = {.name = "eigenvalue"},
           .series = std::move(leading)}};
}

Figure interface_figure(const InterfaceProfile& p, std::size_t index) {
  Series found{.name = "measured", .x = {}, .y = {}, .style = Style::dots},
      fit{.name = "fitted tanh", .x = {}, .y = {}},
      local{.name = "from the slope at the centre", .x = {}, .y = {}, .style = Style::dashed};
  for (std::size_t i = 0; i < p.at.size(); ++i) {
    // The fit's straight part is the background; the sign of the tanh depends on the line's direction.
    if (i % 4 == 0) found.x.push_back(p.at[i]), found.y.push_back(p.score[i] - p.background[i]);
    fit.x.push_back(p.at[i]), fit.y.push_back(p.amplitude * std::tanh(p.at[i] / p.width));
    local.x.push_back(p.at[i]), local.y.push_back(p.amplitude_local * std::tanh(p.at[i] / p.width_local));
  }
  return {.key = "interface-" + std::to_string(index),
          .title = "An interface at σ = " + three_digits(p.sigma),
          .explain = "The score along the line across the interface that trajectory " + std::to_string(p.trajectory) +
                     " decided in, less its straight background. Width " + three_digits(p.width) + " and amplitude " +
                     three_digits(p.amplitude) + " fitted; " + three_digits(p.width_local) + " and " +
                     three_digits(p.amplitude_local) + " follow from the slope at the centre.",
          .x = {.name = "distance from the centre"},
          .y = {.name = "score along the line, less background"},
          .series = {found, fit, local}};
}

Figure product_figure(const ProductSection& s) {
  Figure out{.key = "product",
             .title = "Is the noise level a mere factor?",
             .explain =
                 "How much of the score the best product f(x) g(σ) explains, by the noise level at which it is taken, "
                 "for points "
                 "visited at each noise level. 1 everywhere: the network only scales one field.",
             .x = sigma_axis,
             .y = {.name = "share explained"}};
  for (std::size_t k = 0; k < s.sigmas.size(); ++k)
    out.series.push_back({.name = "points of σ = " + three_digits(s.sigmas[k]), .x = s.sigmas, .y = s.explained[k]});
  return out;
}

std::vector<Figure> stationary_figures(const StationarySection& s) {
  Figure decay{.key = "approach",
               .title = "Approach to the stable points",
               .explain =
                   "Distance of a neighbouring point, along the slowest direction, in the clock T in which the "
                   "dynamics are dx/dT = f. Dashed: the eigenvalue of df/dx.",
               .x = {.name = "clock T"},
               .y = {.name = "distance", .log = true}};
  Figure map{.key = "stationary",
             .title = "Where the dynamics stand still",
             .explain =
                 "The zeros of f that Newton's method found, by the number of directions in which they repel. "
                 "Every trajectory ends on a stable one, whatever the weights of the data were.",
             .x = {.name = "x₁"},
             .y = {.name = "x₂"}};
  std::map<std::string, Series> kinds;
  for (std::size_t k = 0; k < s.points.size(); ++k) {
    const StationaryPoint& p = s.points[k];
    if (p.at.size() == 2) {
      Series& dots = kinds[p.kind];
      dots.name = p.kind, dots.style = Style::dots;
      dots.x.push_back(p.at[0]), dots.y.push_back(p.at[1]);
    }
    if (p.times.empty() || decay.series.size() >= 12) continue;
    const std::string name = "point " + std::to_string(k + 1);
    decay.series.push_back({.name = name, .x = p.times, .y = p.distances, .style = Style::dots});
    Series line{.name = name + ", eigenvalue", .x = p.times, .y = {}, .style = Style::dashed};
    for (const double t : p.times) line.y.push_back(p.distances[0] * std::exp(p.rates[0] * t));
    decay.series.push_back(std::move(line));
  }
  for (const char* kind : {"stable", "saddle", "source", "degenerate"})
    if (const auto at = kinds.find(kind); at != kinds.end()) map.series.push_back(std::move(at->second));
  return {std::move(map), std::move(decay)};
}

Figure training_figure(const TrainingSection& s) {
  Figure out{.key = "training",
             .title = "Distance to the training data",
             .explain = std::to_string(s.memorised) + " of " + std::to_string(s.rows.size()) +
                        " samples are memorised. Levels of the distance to the nearest training point, of samples and "
                        "of held-out points" +
                        (s.split ? " (the second half of the data)." : "."),
             .x = {.name = "distance to the nearest training point"},
             .y = {.name = "share below"}};
  for (const auto& [label, q] : {std::pair{"samples", &s.samples}, std::pair{"held-out points", &s.held}})
    out.series.push_back({.name = label, .x = {q->q05, q->q25, q->q50, q->q75, q->q95}, .y = {.05, .25, .5, .75, .95}});
  return out;
}

// --- tables ---

Json table(const char* key, const char* title, const std::string& explain, std::vector<std::string> columns,
           Json rows) {
  return {
      {"key", key}, {"title", title}, {"explain", explain}, {"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

Json fit_table(const FitReport& fit) {
  Json rows = Json::array();
  for (const FitIdentity& i : fit.identities)
    rows.push_back({i.name,
                    i.holds()    ? "holds"
                    : i.decisive ? "FAILS"
                                 : "note",
                    rounded(i.found), rounded(i.low), rounded(i.high)});
  return table("fit", "Does the model fit its description?",
               "Identities of a denoiser of whatever data. Lines marked note do not decide.",
               {"identity", "verdict", "found", "low", "high"}, std::move(rows));
}

Json pairs_table(const CommitmentSection& s) {
  Json rows = Json::array();
  for (const PairCommitment& p : s.pairs)
    rows.push_back({p.a + 1, p.b + 1, rounded(p.distance), rounded(p.opens), rounded(p.sigma.q50), rounded(p.sigma.q05),
                    rounded(p.sigma.q95), p.sigma.count, p.from_start, p.between});
  return table(
      "pairs-table", "Pairs of clusters",
      "Where trajectories that end in one of the two commit to it against the other, three to one: quantiles over "
      "these "
      "trajectories. Those that end between the means themselves commit at half the margin that they end with.",
      {"cluster", "other", "distance", "opens at σ", "committed, median σ", "5 %", "95 %", "trajectories",
       "from the start", "end between"},
      std::move(rows));
}

Json spectral_table(const SpectralSection& s) {
  Json rows = Json::array();
  for (std::size_t k = 0; k < s.lines.size(); ++k) {
    const SpectralLine& l = s.lines[k];
    rows.push_back({k + 1, rounded(l.eigenvalue), rounded(l.sigma), rounded(l.vp_time), rounded(l.vp_sigma),
                    rounded(l.measured.q50), rounded(l.measured.q05), rounded(l.measured.q95), l.measured.count,
                    rounded(l.along)});
  }
  return table("spectral-table", "Eigenvalues of the covariance",
               "Of " + s.source + ", " + std::to_string(s.rows) +
                   " rows; beside the speciations whose direction lies mostly along each.",
               {"k", "Λ", "predicted σ", "VP time", "VP σ", "measured, median σ", "5 %", "95 %", "events", "along"},
               std::move(rows));
}

Json health_table(const HealthSection& s) {
  Json rows = Json::array();
  for (const HealthLevel& l : s.levels)
    rows.push_back({rounded(l.sigma), name(l.curl.verdict), rounded(l.curl.found), rounded(l.curl.exact),
                    name(l.residual.verdict), rounded(l.residual.found), rounded(l.residual.exact),
                    name(l.entropy.verdict), rounded(l.entropy.found), rounded(l.entropy.exact)});
  return table(
      "health-table", "Health by noise level",
      std::to_string(s.rows) + " states a level, differences of " + three_digits(s.step) + " σ along " +
          (s.directions > 0 ? std::to_string(s.directions) + " random directions." : std::string("all coordinates.")),
      {"σ", "curl", "found", "exact", "residual", "found ", "exact ", "smallest eigenvalue", "found  ", "exact  "},
      std::move(rows));
}

Json stationary_table(const StationarySection& s) {
  Json rows = Json::array();
  for (const StationaryPoint& p : s.points) {
    if (rows.size() == 200) break;
    rows.push_back({rows.size() + 1, p.kind, p.unstable, p.ends, rounded(p.rates.front()), rounded(p.rates.back()),
                    rounded(p.rate), rounded(p.at[0]), p.at.size() > 1 ? rounded(p.at[1]) : Json()});
  }
  return table("stationary-table", "Stationary points",
               "Zeros of f, where a trajectory would stay: of " + std::to_string(s.basin.size()) + " trajectories " +
                   std::to_string(s.unsettled) +
                   " settled on none. Points that repel in an even number of directions less the "
                   "others: " +
                   std::to_string(s.index_sum) + "; 1 where f points inwards far away and none is missing.",
               {"point", "kind", "repelling directions", "trajectories that end here", "largest eigenvalue", "smallest",
                "rate of approach", "x₁", "x₂"},
               std::move(rows));
}

Json training_table(const TrainingSection& s) {
  Json rows = Json::array();
  for (const TrainingRow& r : s.rows)
    if (r.memorised && rows.size() < 200)
      rows.push_back({r.sample, r.nearest, rounded(r.distance), rounded(r.second), rounded(r.p)});
  return table("training-table", "Memorised samples",
               s.memorised == 0 ? "None." : "The first of them; training.csv has every sample.",
               {"sample", "nearest point", "distance", "second", "p"}, std::move(rows));
}

}  // namespace

Json inspect_report(const InspectFacts& facts, const OutputSettings& settings, const InspectPage& page) {
  const Inspection& f = facts.found;
  const auto d = static_cast<std::size_t>(facts.dimension);
  const auto count = std::ssize(page.samples) / facts.dimension;
  RunReport run({.title = page.title,
                 .sigma_min = facts.sigma_min,
                 .sigma_max = facts.sigma_max,
                 .tolerance = 0,
                 .known = page.known});
  SamplePicture picture(settings, page.shape, count);
  QuantileSketch exponents;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto sample = page.samples.subspan(static_cast<std::size_t>(i) * d, d);
    TrajectoryReport unmeasured;
    unmeasured.trajectory = i;
    const TrajectoryReport& report = f.speciation ? f.speciation->reports[static_cast<std::size_t>(i)] : unmeasured;
    run.finished(report, sample);
    picture.add(i, sample, report.exponent);
    exponents.add(report.exponent);
  }
  Json out = run.data(inspect_json(facts), picture, exponents, {});
  for (const char* key : {"tolerance", "steps", "errors", "evaluations", "trajectories"}) out.erase(key);
  // Stable points are told apart on a map of their own.
  if (count == 0 || (f.stationary && facts.dimension <= 2)) out.erase("samples");
  if (!f.speciation)
    for (const char* key : {"events", "decisions", "exponents"}) out.erase(key);

  std::vector<Figure> figures;
  Json tables = Json::array();
  tables.push_back(fit_table(facts.fit));
  if (f.stationary && !f.stationary->points.empty()) {
    for (auto& figure : stationary_figures(*f.stationary)) figures.push_back(std::move(figure));
    tables.push_back(stationary_table(*f.stationary));
  }
  if (f.commitment && f.commitment->committed.size() > 1) {
    figures.push_back(commitment_figure(*f.commitment));
    figures.push_back(pairs_figure(*f.commitment));
    if (!f.commitment->pairs.empty()) tables.push_back(pairs_table(*f.commitment));
  }
  if (f.spectral) {
    figures.push_back(spectral_figure(*f.spectral, facts.sigma_min));
    tables.push_back(spectral_table(*f.spectral));
  }
  if (f.health) {
    for (auto& figure : health_figures(*f.health)) figures.push_back(std::move(figure));
    tables.push_back(health_table(*f.health));
  }
  if (f.spectrum)
    for (auto& figure : spectrum_figures(*f.spectrum)) figures.push_back(std::move(figure));
  if (f.interfaces)
    for (std::size_t i = 0; i < f.interfaces->profiles.size(); ++i)
      figures.push_back(interface_figure(f.interfaces->profiles[i], i));
  if (f.product) figures.push_back(product_figure(*f.product));
  if (f.training) {
    figures.push_back(training_figure(*f.training));
    tables.push_back(training_table(*f.training));
  }
  Json described = Json::array();
  for (const Figure& figure : figures)
    if (!figure.series.empty()) described.push_back(figure_json(figure));
  out["inspect"] = {{"fitted", page.fitted}, {"figures", std::move(described)}, {"tables", std::move(tables)}};
  return out;
}

}  // namespace shockstep
