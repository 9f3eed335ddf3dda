// For every split p = p1 + p2 and phi = ln(p1/p2):  s = (s1 + s2)/2 + tanh(phi/2)/2 grad phi.
// From grad p/p = (p1 s1 + p2 s2)/(p1 + p2) with p1/(p1 + p2) = (1 + tanh(phi/2))/2 and grad phi = s1 - s2.
#include "paper/analyses.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

#include <ATen/ops/tensor.h>

namespace shockstep::paper {
namespace {

struct Part {
  GaussianMixture model;
  double weight;

  // The components whose bit is set.
  static Part of(unsigned components) {
    const auto all = split_options();
    std::vector<std::int64_t> chosen;
    for (std::int64_t k = 0; k < all.means.size(0); ++k)
      if (components >> k & 1U) chosen.push_back(k);
    const auto index = at::tensor(chosen, at::kLong);
    const auto weights = all.weights.index_select(0, index);
    return {GaussianMixture({.means = all.means.index_select(0, index),
                             .covariances = all.covariances.index_select(0, index),
                             .weights = weights}),
            weights.sum().item<double>()};
  }
};

}  // namespace

Analysis analyse_split() {
  const auto model = split_problem().model;
  Analysis out{.key = "split", .title = "The tanh decomposition of every split", .config = "split"};
  Table table{"split", {"components_of_p1", "sigma", "difference"}, {}};
  double worst = 0;
  std::vector<Series> lines;
  const auto K = static_cast<unsigned>(model->components());
  struct Split {
    Part one, two;
  };
  std::vector<Split> splits;  // the last component is never in the first part: each split once
  for (unsigned first = 1; first < 1U << (K - 1); ++first)
    splits.push_back({Part::of(first), Part::of(((1U << K) - 1) & ~first)});
  for (const double sigma : {.1, .3, 1., 3.}) {
    const Values x = values(model->draw(200, sigma, 2));
    const Values s = score(*model, x, sigma);
    const auto points = rows(x, 2), sigmas = level(200, sigma);
    Series line{"σ = " + std::to_string(sigma).substr(0, 3), {}, {}, Series::Style::dots};
    for (std::size_t n = 0; n < splits.size(); ++n) {
      const auto& [one, two] = splits[n];
      const Values s1 = score(one.model, x, sigma), s2 = score(two.model, x, sigma);
      const Values phi = values(one.model.log_density(points, sigmas).sub(two.model.log_density(points, sigmas)));
      Values joined;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double whole_phi = phi[i / 2] + std::log(one.weight / two.weight);
        joined.push_back((s1[i] + s2[i]) / 2 + std::tanh(whole_phi / 2) / 2 * (s1[i] - s2[i]));
      }
      const double found = difference(joined, s);
      worst = std::max(worst, found);
      table.rows.push_back({static_cast<double>(n + 1), sigma, found});
      line.x.push_back(static_cast<double>(n + 1)), line.y.push_back(found / 1e-15);
    }
    lines.push_back(line);
  }
  out.claims = {{"split.tanh",
                 "score less (s1 + s2)/2 + tanh(phi/2)/2 grad phi, of the largest, 15 splits at four sigma", 0, worst,
                 1e-12}};
  out.tables.push_back(std::move(table));
  out.figures.push_back({.key = "split",
                         .title = "The tanh decomposition of every split",
                         .explain =
                             "Five modes of full covariances, split into two parts in each of the 15 ways: the largest "
                             "difference between the score and its decomposition, relative: rounding.",
                         .x = {"split"},
                         .y = {"relative difference / 1e-15"},
                         .series = std::move(lines)});
  return out;
}

}  // namespace shockstep::paper
