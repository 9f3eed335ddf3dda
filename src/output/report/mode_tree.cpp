#include "output/report/mode_tree.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double stride = .03;           // in ln sigma: how finely splits are placed
constexpr int most_rounds = 400;         // of mean shift; it slows down where a mode is about to split
constexpr double settled = 1e-5;         // a round that moves no coordinate by more than this many widths
constexpr double together = 1e-2;        // modes closer than this many widths are one
constexpr std::size_t most_work = 4096;  // components times coordinates

double squared_distance(const double* a, const double* b, std::size_t d) {
  double sum = 0;
  for (std::size_t j = 0; j < d; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// Modes still apart: their positions and the node that each is.
struct Front {
  std::size_t d;
  std::vector<double> x;
  std::vector<int> node;

  // Mean shift, x <- x + width^2 score with the width of the narrowest noised component and score = (D - x)/sigma^2: each
  // round climbs the density, and a mode of one component is found in one round (Comaniciu & Meer 2002).
  void settle(const KnownModel& model, double sigma) {
    const double width = std::sqrt(sigma * sigma + model.variance_min);
    for (int round = 0; round < most_rounds; ++round) {
      const auto D = model.denoise(x, sigma);
      double moved = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double shift = std::pow(width / sigma, 2) * (D[i] - x[i]);
        x[i] += shift;
        moved = std::max(moved, std::abs(shift));
      }
      if (moved < settled * width) return;
    }
  }

  // The members of each group of modes that are together now, in order of their first.
  std::vector<std::vector<std::size_t>> groups(const KnownModel& model, double sigma) const {
    std::vector<std::vector<std::size_t>> out;
    const double near = together * std::sqrt(sigma * sigma + model.variance_min);
    for (std::size_t i = 0; i < node.size(); ++i) {
      const auto same = [&](const auto& group) {
        return squared_distance(&x[i * d], &x[group[0] * d], d) <= near * near * static_cast<double>(d);
      };
      if (const auto at = std::find_if(out.begin(), out.end(), same); at != out.end())
        at->push_back(i);
      else
        out.push_back({i});
    }
    return out;
  }

  // One of each group goes on, as the node that `name` gives it.
  template <class Name>
  void join(const std::vector<std::vector<std::size_t>>& groups, Name name) {
    Front next{d, {}, {}};
    for (const auto& group : groups) {
      next.node.push_back(name(group));
      const auto from = x.begin() + static_cast<std::ptrdiff_t>(group[0] * d);
      next.x.insert(next.x.end(), from, from + static_cast<std::ptrdiff_t>(d));
    }
    *this = std::move(next);
  }
};

}  // namespace

bool too_large_for_tree(const KnownModel& model) {
  return model.components() > ModeTree::largest || model.means.size() > most_work;
}

std::optional<ModeTree> mode_tree(const KnownModel& model, double sigma_min, double sigma_max) {
  const std::size_t K = model.components();
  if (K < 2 || too_large_for_tree(model)) return {};

  ModeTree tree;
  tree.leaf_of.resize(K);
  Front front{static_cast<std::size_t>(model.dimension), {model.means.begin(), model.means.end()}, {}};
  for (std::size_t k = 0; k < K; ++k) front.node.push_back(static_cast<int>(k));
  front.settle(model, sigma_min);
  front.join(front.groups(model, sigma_min), [&](const auto& group) {
    const int leaf = static_cast<int>(tree.nodes.size());
    for (auto k : group) tree.leaf_of[k] = leaf;
    tree.nodes.push_back({.parent = -1, .sigma = 0, .leaf = true, .component = static_cast<int>(group[0])});
    return leaf;
  });
  if (front.node.size() < 2) return {};

  const auto split = [&](const std::vector<std::size_t>& group, double sigma) {
    if (group.size() == 1) return front.node[group[0]];
    const int parent = static_cast<int>(tree.nodes.size());
    for (auto i : group) tree.nodes[static_cast<std::size_t>(front.node[i])].parent = parent;
    tree.nodes.push_back({.parent = -1, .sigma = sigma, .leaf = false, .component = -1});
    return parent;
  };
  for (double lam = -std::log(sigma_min) - stride; front.node.size() > 1 && lam > -std::log(sigma_max); lam -= stride) {
    const double sigma = std::exp(-lam);
    front.settle(model, sigma);
    front.join(front.groups(model, sigma),
               [&](const auto& group) { return split(group, sigma * std::exp(-stride / 2)); });
  }
  if (front.node.size() > 1) {
    std::vector<std::size_t> all(front.node.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    split(all, sigma_max);
  }
  return tree;
}

}  // namespace shockstep
