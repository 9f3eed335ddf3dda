// The exponential multistep in Boost.Odeint's own integrate_adaptive, for one trajectory.
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/stepper.hpp>

#include <ATen/ATen.h>
#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  using State = std::vector<double>;
  const shockstep::GaussianMixture modes(
      {.means = at::tensor({-1., 1.}, at::kDouble).unsqueeze(1), .stds = at::full({}, .1, at::kDouble)});
  int evaluations = 0;
  const auto slope = [&](const State& x, State& dxdlam, double lam) {  // dx/dlam = D(x, e^-lam) - x
    ++evaluations;
    const at::Tensor D = modes.denoise(at::full({1, 1}, x[0], at::kDouble), at::full({1}, std::exp(-lam), at::kDouble));
    dxdlam[0] = D.item<double>() - x[0];
  };
  State x{12};
  shockstep::ExponentialMultistep stepper(/*tolerance=*/1e-6);
  boost::numeric::odeint::integrate_adaptive(stepper, slope, x, -std::log(20.), -std::log(.002), .4);
  std::printf("from 12 at sigma 20 to %.6f at sigma .002, %d evaluations\n", x[0], evaluations);
}
