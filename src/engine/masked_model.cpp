#include "engine/masked_model.hpp"

#include <shockstep/error.hpp>

#include "core/shape_text.hpp"
#include "core/text.hpp"

#include <utility>

namespace shockstep {

MaskedModel::MaskedModel(const ScoreModel& model, const at::Tensor& mask, InitRows init)
    : model_(model), init_(std::move(init)) {
  if (mask.scalar_type() != at::kDouble || !mask.device().is_cpu() || mask.sizes() != model.shape())
    throw ConfigError("mask", "must be float64 of the shape of one sample, " + shape_text(model.shape()));
  const at::Tensor values = mask.contiguous();
  const double* value = values.const_data_ptr<double>();
  for (std::int64_t j = 0; j < values.numel(); ++j) {
    if (value[j] != 0 && value[j] != 1)
      throw ConfigError("mask",
                        "must be 1 where init is known and 0 where it is to be made, holds " + shortest(value[j]));
    if (value[j] == 1) known_.push_back(j);
  }
}

at::Tensor MaskedModel::denoise(const at::Tensor&, const at::Tensor&) const {
  throw ModelError(
      "a model with a mask has known coordinates per trajectory: the rows of a call must say whose they are");
}

at::Tensor MaskedModel::denoise_rows(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& trajectory) const {
  at::Tensor answer = model_.denoise_rows(x, sigma, trajectory);
  // A wrong shape or type is passed on for the caller to refuse.
  if (!answer.defined() || answer.sizes() != x.sizes() || answer.scalar_type() != at::kDouble ||
      !answer.device().is_cpu())
    return answer;
  at::Tensor D = answer.clone(at::MemoryFormat::Contiguous);  // a model may return its input
  double* row = D.mutable_data_ptr<double>();
  const at::Tensor indices = trajectory.contiguous();
  const std::int64_t d = dimension();
  for (std::int64_t i = 0; i < D.size(0); ++i, row += d) {
    const double* init = init_.row(indices.const_data_ptr<std::int64_t>()[i]);
    for (const std::int64_t j : known_) row[j] = init[j];
  }
  return D;
}

}  // namespace shockstep
