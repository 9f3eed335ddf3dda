#include "output/report/bins.hpp"

namespace shockstep {

using Json = nlohmann::ordered_json;

Json WholeBins::json() const {
  Json edges = Json::array(), counts = Json::array();
  if (!bins_.empty()) {
    const auto first = bins_.begin()->first, last = bins_.rbegin()->first;
    // A few far outliers must not make thousands of empty bins.
    const auto merge = (last - first) / static_cast<std::int64_t>(most) + 1;
    std::vector<std::int64_t> merged(static_cast<std::size_t>((last - first) / merge + 1));
    for (const auto& [bin, n] : bins_) merged[static_cast<std::size_t>((bin - first) / merge)] += n;
    counts = merged;
    for (std::size_t i = 0; i <= merged.size(); ++i)
      edges.push_back((first + static_cast<std::int64_t>(i) * merge) * width_);
  }
  return {{"edges", std::move(edges)}, {"counts", std::move(counts)}};
}

std::vector<double> SigmaBins::edges() const {
  std::vector<double> out;
  for (int i = 0; i <= bins; ++i) out.push_back(std::exp(low_ + (high_ - low_) * i / bins));
  return out;
}

Json log_bins(const QuantileSketch& sketch) {
  constexpr int most = 64;
  Json edges = Json::array(), counts = Json::array();
  std::int64_t positive = 0;
  if (const auto& bins = sketch.bins(); !bins.empty()) {
    const int first = bins.begin()->first, last = bins.rbegin()->first;
    const int merge = (last - first) / most + 1;
    std::vector<std::int64_t> merged(static_cast<std::size_t>((last - first) / merge + 1));
    for (const auto& [bin, n] : bins) merged[static_cast<std::size_t>((bin - first) / merge)] += n, positive += n;
    counts = merged;
    for (std::size_t i = 0; i <= merged.size(); ++i)
      edges.push_back(QuantileSketch::low_edge(first + static_cast<int>(i) * merge));
  }
  return {{"zeros", sketch.zeros()},
          {"infinite", sketch.count() - sketch.zeros() - positive},
          {"edges", std::move(edges)},
          {"counts", std::move(counts)}};
}

}  // namespace shockstep
