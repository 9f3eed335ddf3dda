/// A model some of whose coordinates are known.
#pragma once

#include <shockstep/score_model.hpp>

#include "engine/start.hpp"

namespace shockstep {

/// D = init where `mask` is 1, the model's own where it is 0. On the probability flow dx/dlam = D - x the known coordinates are
/// then init + sigma n at every sigma, with the n they started from. The others see them noised like that and nothing
/// else: a replacement, not the conditional score. Throws ConfigError unless the mask is [*shape], of 0 and 1 alone.
class MaskedModel final : public ScoreModel {
 public:
  /// The model must outlive it.
  MaskedModel(const ScoreModel& model, const at::Tensor& mask, InitRows init);

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override;
  at::Tensor denoise_rows(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& trajectory) const override;
  std::int64_t conditions() const override { return model_.conditions(); }
  const std::vector<std::int64_t>& shape() const override { return model_.shape(); }
  double data_std() const override { return model_.data_std(); }
  bool exact() const override { return model_.exact(); }
  std::string file() const override { return model_.file(); }
  std::string conditioning() const override { return model_.conditioning(); }
  std::string describe() const override { return model_.describe(); }

 private:
  const ScoreModel& model_;
  InitRows init_;
  std::vector<std::int64_t> known_;  // the coordinates
};

}  // namespace shockstep
