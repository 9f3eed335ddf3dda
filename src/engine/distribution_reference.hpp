/// What the samples of every method are compared with as a distribution.
#pragma once

#include <shockstep/comparison_result.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include "engine/sliced_wasserstein.hpp"

#include <cstdint>
#include <optional>

namespace shockstep {

class DistributionReference {
 public:
  /// `data`: [m, *shape] float64, taken in an order of its own; undefined: exact samples at sigma_min of the model, which
  /// must then know how to draw them, finished as `final` says. `count`: samples of a method. All must outlive it.
  DistributionReference(const ScoreModel& model, const Process& process, Final final, const at::Tensor& data,
                        std::int64_t count);

  /// Of `samples` [count, *shape] float64. Rows that are not finite are left out; so are all beyond a bound that memory sets.
  DistributionDistances distances(const at::Tensor& samples) const;

  /// Mean over up to eight sets of exact samples, as many as a method has, and their standard deviation: drawn where the model knows
  /// how, else of up to half of the data, kept from the methods. Unknown where data are fewer than two for each sample.
  const DistributionDistances& floor() const { return floor_; }
  std::int64_t rows() const { return rows_.size(0); }

 private:
  at::Tensor exact(std::int64_t count, std::uint64_t key, Final final) const;
  std::int64_t most_rows() const;

  const ScoreModel& model_;
  Abilities known_;
  double sigma_min_;
  at::Tensor rows_;  // [m, d]
  std::optional<SlicedWasserstein> sliced_;
  DistributionDistances floor_;
};

}  // namespace shockstep
