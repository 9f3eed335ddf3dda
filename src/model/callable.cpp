#include "core/shape_text.hpp"

#include <shockstep/error.hpp>
#include <shockstep/score_model.hpp>
#include <shockstep/tensor_values.hpp>

#include <cmath>

namespace shockstep {
namespace {

class Callable final : public ScoreModel {
 public:
  Callable(Denoiser denoiser, CallableOptions options) : denoiser_(std::move(denoiser)), options_(std::move(options)) {}

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    const auto D = denoiser_(x, sigma);
    if (!D.defined() || D.sizes() != x.sizes())
      throw ModelError("the denoiser returns " +
                       (D.defined() ? "shape " + shape_text(D.sizes()) : std::string("nothing")) + ", expected " +
                       shape_text(x.sizes()));
    return doubles(D);
  }
  const std::vector<std::int64_t>& shape() const override { return options_.shape; }
  double data_std() const override { return options_.data_std; }
  std::string describe() const override { return "callable: samples of shape " + shape_text(options_.shape); }

 private:
  Denoiser denoiser_;
  CallableOptions options_;
};

}  // namespace

ModelPtr make_model(Denoiser denoiser, CallableOptions options) {
  if (!denoiser) throw ConfigError("denoiser", "must be callable");
  if (options.shape.empty()) throw ConfigError("shape", "must not be empty");
  for (auto n : options.shape)
    if (n < 1) throw ConfigError("shape", "must be positive, got " + shape_text(options.shape));
  if (!(options.data_std >= 0) || std::isinf(options.data_std)) throw ConfigError("data_std", "must not be negative");
  return std::make_shared<Callable>(std::move(denoiser), std::move(options));
}

}  // namespace shockstep
