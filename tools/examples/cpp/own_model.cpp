// A model of one's own: data on a circle of radius 1, whose exact denoiser is a ratio of Bessel functions.
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

namespace {

class Circle final : public shockstep::ScoreModel {
 public:
  // x0 uniform on |x0| = 1: D = E[x0 | x] = I1(k)/I0(k) x/|x|, k = |x|/sigma^2. Both scaled by e^-k, which cancels.
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    const at::Tensor radius = x.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-300);
    const at::Tensor k = radius / sigma.square().unsqueeze(1);
    return at::special_i1e(k) / at::special_i0e(k) * x / radius;
  }
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  double data_std() const override { return std::sqrt(.5); }  // of a coordinate
  std::string describe() const override { return "a circle of radius 1"; }
  // exact() stays false: vectorised Torch operations may round a row differently in another batch, so batches keep one size.

 private:
  std::vector<std::int64_t> shape_ = {2};
};

}  // namespace

int main() {
  const shockstep::Sampler sampler(std::make_shared<Circle>(),
                                   shockstep::VarianceExploding{.sigma_min = .002, .sigma_max = 20},
                                   {.tolerance = 1e-3, .guard = {.profile = "pilot"}});
  const shockstep::Result result = sampler.sample({.count = 1000, .seed = 7});
  const at::Tensor off = (result.samples.norm(2, {1}) - 1).abs();
  std::printf("%s: %.1f evaluations each, farthest from it %.1e\n", sampler.model().describe().c_str(),
              result.statistics.mean(result.statistics.evaluations), off.max().item<double>());
  return off.max().item<double>() < 1e-2 ? 0 : 1;
}
