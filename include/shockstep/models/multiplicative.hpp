/// A score whose dependence on sigma is one factor: s(x, sigma) = f(x)/sigma^power (arXiv 2601.12965).
#pragma once

#include <shockstep/score_model.hpp>

namespace shockstep {

/// Of the factor, and of the place where the field is taken.
using MultiplicativeOptions = ProductForm;

/// f(x) = sigma_0^power s_0(x), where s_0(x) = (D_0(x, sigma_0) - x)/sigma_0^2 is the field's own score at sigma_0. So
/// D = x + sigma^2 s = x + (sigma/sigma_0)^(2 - power) (D_0(x, sigma_0) - x): the field's denoiser at sigma = sigma_0.
class Multiplicative final : public ScoreModel {
 public:
  /// Throws ConfigError without a field, for a sigma that is not positive or a power that is not finite.
  Multiplicative(ModelPtr field, const MultiplicativeOptions& options);

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override;
  at::Tensor denoise_rows(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& trajectory) const override;
  std::int64_t conditions() const override { return field_->conditions(); }
  const std::vector<std::int64_t>& shape() const override { return field_->shape(); }
  bool exact() const override { return field_->exact(); }
  std::string describe() const override;
  const MultiplicativeOptions& options() const { return options_; }  ///< as given
  /// Its product form.
  Abilities abilities() const override { return {.product = options_}; }

 private:
  at::Tensor scaled(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& D0) const;

  ModelPtr field_;
  MultiplicativeOptions options_;
};

}  // namespace shockstep
