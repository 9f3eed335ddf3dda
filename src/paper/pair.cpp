// The score of a symmetric pair: s = -x/v + (a/v) tanh(a x/v), v = s0^2 + sigma^2, at every x.
#include "paper/analyses.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"
#include "paper/text.hpp"

namespace shockstep::paper {

Analysis analyse_pair() {
  const auto [a, s0] = pair;
  const auto model = pair_problem().model;
  Analysis out{.key = "pair", .title = "The score of a symmetric pair", .config = "pair"};
  Table table{"pair", {"sigma", "v", "x", "score", "closed_form"}, {}};
  Figure figure{.key = "pair",
                .title = "The score of a symmetric pair",
                .explain =
                    "Modes at -1 and 1. Where the variance v of a noised mode falls below a² = 1 the score turns "
                    "over at the midpoint and a layer forms between the modes. Dots: -x/v + (a/v) tanh(a x/v).",
                .x = {"x"},
                .y = {"score"},
                .series = {}};
  double worst = 0;
  int wrong_zeros = 0;
  const Values x = linspace(-2, 2, 401);
  for (const double share : {4., 1.5, 1., .5, .25, .1, .05}) {
    const double v = share * a * a, sigma = std::sqrt(v - s0 * s0);
    const Values found = score(*model, x, sigma);
    Values exact;
    for (const double xi : x) exact.push_back(-xi / v + a / v * std::tanh(a * xi / v));
    worst = std::max(worst, difference(found, exact));
    // At v = a^2 the three zeros are one.
    int zeros = 0;
    const Values off_nodes = score(*model, linspace(-2.003, 2, 402), sigma);
    for (std::size_t i = 1; i < off_nodes.size(); ++i) zeros += (off_nodes[i - 1] > 0) != (off_nodes[i] > 0);
    if (share != 1 && zeros != (share > 1 ? 1 : 3)) ++wrong_zeros;
    Series line{"v = " + text(v), x, found}, dots{"v = " + text(v) + ", closed form", {}, {}, Series::Style::dots};
    for (std::size_t i = 0; i < x.size(); ++i) {
      table.rows.push_back({sigma, v, x[i], found[i], exact[i]});
      if (i % 20 == 0) dots.x.push_back(x[i]), dots.y.push_back(exact[i]);
    }
    if (share >= .1) figure.series.push_back(line), figure.series.push_back(dots);
  }
  out.claims = {{"pair.profile", "largest difference from -x/v + (a/v) tanh(a x/v), of the largest score, seven v", 0,
                 worst, 1e-12},
                {"pair.zeros", "levels v whose score has not one zero above a^2 and three below", 0,
                 static_cast<double>(wrong_zeros), 0}};
  out.tables.push_back(std::move(table));
  out.figures.push_back(std::move(figure));
  return out;
}

}  // namespace shockstep::paper
