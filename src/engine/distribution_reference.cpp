#include "engine/distribution_reference.hpp"
#include "core/row_shape.hpp"

#include <shockstep/random.hpp>

#include "core/statistics.hpp"
#include "engine/energy_distance.hpp"
#include "engine/mode_weights.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace shockstep {
namespace {

// Of random numbers: the exact samples that methods are compared with, the order of data, and the samples of the floor.
constexpr std::uint64_t key_of_rows = 2, key_of_order = 3, key_of_floor = 4;
constexpr std::int64_t most_sets = 8;          // of the floor; keys from that of the floor on
constexpr std::int64_t exact_rows = 16'384;    // drawn at least, so that they add little to the error
constexpr std::int64_t values_kept = 1 << 25;  // of samples, numbers; 256 MiB
constexpr std::int64_t fewest_rows = 1024, rows_kept = 65'536;

/// Files are often in the order of their labels.
at::Tensor shuffled(const at::Tensor& data) {
  const std::int64_t m = data.size(0);
  std::vector<double> place(static_cast<std::size_t>(m));
  fill_uniform(place, key_of_order, Stream::exact, 0);
  std::vector<std::int64_t> order(place.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::int64_t i) { return place[static_cast<std::size_t>(i)]; });
  return data.reshape({m, -1}).index_select(0, at::from_blob(order.data(), {m}, at::kLong));
}

/// Means, and standard deviations in the place of standard errors.
DistributionDistances average(const std::vector<DistributionDistances>& sets) {
  if (sets.empty()) return {};
  const auto over = [&](const auto& of) {
    std::vector<double> values;
    for (const auto& set : sets) values.push_back(of(set));
    const double n = static_cast<double>(values.size());
    return Estimate{mean(values), n > 1 ? standard_deviation(values) * std::sqrt(n / (n - 1)) : Estimate::unknown};
  };
  return {.sliced_w2 = over([](const auto& set) { return set.sliced_w2.value; }),
          .energy = over([](const auto& set) { return set.energy.value; }),
          .mode_weights = over([](const auto& set) { return set.mode_weights.value; }),
          .mode_weights_z = over([](const auto& set) { return set.mode_weights_z; }).value};
}

}  // namespace

DistributionReference::DistributionReference(const ScoreModel& model, const Process& process, Final final,
                                             const at::Tensor& data, std::int64_t count)
    : model_(model), known_(model.abilities()), sigma_min_(process.sigma_min()) {
  const std::int64_t n = std::min(count, most_rows());
  std::int64_t sets = known_.draws ? most_sets : 0;
  at::Tensor spare;  // data for the floor
  if (data.defined()) {
    rows_ = shuffled(data);
    if (!known_.draws) {
      sets = std::min(rows_.size(0) / (2 * n), most_sets);
      spare = rows_.narrow(0, 0, sets * n);
      rows_ = rows_.narrow(0, sets * n, rows_.size(0) - sets * n);
    }
    rows_ = rows_.narrow(0, 0, std::min(rows_.size(0), most_rows()));
  } else {
    rows_ = exact(std::min(std::max(count, exact_rows), most_rows()), key_of_rows, final);
  }
  sliced_.emplace(rows_);
  std::vector<DistributionDistances> found;
  for (std::int64_t i = 0; i < sets; ++i)
    found.push_back(distances(known_.draws ? exact(n, key_of_floor + static_cast<std::uint64_t>(i), final)
                                           : spare.narrow(0, i * n, n)));
  floor_ = average(found);
}

DistributionDistances DistributionReference::distances(const at::Tensor& samples) const {
  at::Tensor x = samples.reshape({samples.size(0), -1});
  x = x.index_select(0, at::isfinite(x).all(1).nonzero().squeeze(1));
  x = x.narrow(0, 0, std::min(x.size(0), most_rows())).contiguous();
  DistributionDistances out;
  if (x.size(0) == 0) return out;
  out.sliced_w2 = sliced_->distance(x);
  out.energy = energy_distance(x, rows_);
  if (known_.modes) measure_mode_weights(*known_.modes, x.view(row_shape(x.size(0), model_.shape())), sigma_min_, out);
  return out;
}

at::Tensor DistributionReference::exact(std::int64_t count, std::uint64_t key, Final final) const {
  at::Tensor x = known_.draws->draw(count, sigma_min_, key);
  if (final == Final::denoise) x = model_.denoise(x, at::full({count}, sigma_min_, at::kDouble));
  return x.reshape({count, -1});
}

std::int64_t DistributionReference::most_rows() const {
  return std::clamp(values_kept / model_.dimension(), fewest_rows, rows_kept);
}

}  // namespace shockstep
