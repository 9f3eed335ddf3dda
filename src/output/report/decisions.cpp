#include "output/report/decisions.hpp"

#include "output/report/figure.hpp"

#include <cstdio>
#include <limits>
#include <string>

namespace shockstep {

using Json = nlohmann::ordered_json;

Decisions::Decisions(const KnownModel& model, double sigma_min, double sigma_max)
    : model_(model), tree_(mode_tree(model, sigma_min, sigma_max)) {
  if (tree_) count_.resize(tree_->nodes.size()), decided_.resize(tree_->nodes.size());
}

void Decisions::add(const TrajectoryReport& report, std::span<const double> sample) {
  if (!tree_ || (report.status != Status::ok && report.status != Status::budget)) return;
  double nearest = std::numeric_limits<double>::infinity();
  std::size_t component = 0;
  for (std::size_t k = 0; k < tree_->leaf_of.size(); ++k) {
    double distance = 0;
    for (std::size_t j = 0; j < sample.size(); ++j) {
      const double apart = sample[j] - model_.means[k * sample.size() + j];
      distance += apart * apart;
    }
    if (distance < nearest) nearest = distance, component = k;
  }
  const auto leaf = static_cast<std::size_t>(tree_->leaf_of[component]);
  ++count_[leaf];
  if (!report.events.empty()) ++decided_[leaf];
}

std::string Decisions::label(int component) const {
  if (component < 0) return {};
  const auto k = static_cast<std::size_t>(component);
  std::string text = k < model_.clusters.size() ? "cluster " + std::to_string(model_.clusters[k])
                                                : "mode " + std::to_string(component + 1);
  if (model_.dimension > 3) return text;
  for (std::int64_t j = 0; j < model_.dimension; ++j) {
    char number[32];
    std::snprintf(number, sizeof number, "%s%.3g", j == 0 ? " (" : ", ",
                  model_.means[static_cast<std::size_t>(component * model_.dimension + j)]);
    text += number;
  }
  return text + ")";
}

Json Decisions::json() const {
  if (model_.components() == 0) return {{"why", "The modes of this model are not known in closed form."}};
  if (too_large_for_tree(model_)) return {{"why", "This model has too many components, or coordinates, for a tree."}};
  if (!tree_ && !model_.clusters.empty())
    return {{"why", "All samples were taken for one cluster: what trajectories decide inside it has no tree."}};
  if (!tree_) return {{"why", "This model has one mode: there is nothing to decide."}};
  auto count = count_, decided = decided_;
  Json nodes = Json::array();
  for (std::size_t i = 0; i < tree_->nodes.size(); ++i) {  // children come before their parent
    const auto& node = tree_->nodes[i];
    if (node.parent >= 0) {
      count[static_cast<std::size_t>(node.parent)] += count[i];
      decided[static_cast<std::size_t>(node.parent)] += decided[i];
    }
    nodes.push_back({{"parent", node.parent},
                     {"sigma", rounded(node.sigma)},
                     {"count", count[i]},
                     {"decided", decided[i]},
                     {"label", label(node.component)}});
  }
  return {{"nodes", std::move(nodes)}};
}

}  // namespace shockstep
