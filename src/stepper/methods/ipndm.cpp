#include "stepper/method_spec.hpp"

#include <array>

namespace shockstep::specs {
namespace {

/// Newest value first.
constexpr std::array<std::array<double, 4>, 4> adams_bashforth = {
    {{1}, {3. / 2, -1. / 2}, {23. / 12, -16. / 12, 5. / 12}, {55. / 24, -59. / 24, 37. / 24, -9. / 24}}};

}  // namespace

/// Those weights belong to steps of equal length in sigma: where lengths change slowly the order is 2 at most.
MethodSpec ipndm() {
  return {.name = "ipndm",
          .summary = "on a grid: improved PNDM of order 1 to 4, in sigma",
          .formula =
              "Adams and Bashforth in sigma, as if steps were equal: Liu et al. 2022 (arXiv 2202.09778) without its "
              "Runge-Kutta steps, Zhang & Chen 2023 (arXiv 2204.13902)",
          .agrees = "diffusers IPNDM",
          .orders = {.most = 4, .usual = 4},
          .highest = 2,
          .steps = Linear{.step =
                              [](std::span<const double> sigmas, double end, const SamplerOptions&) {
                                GridStep step{.predict = {.values = static_cast<int>(sigmas.size())}};
                                for (std::size_t i = 0; i < sigmas.size(); ++i)
                                  step.predict.weights[i] = (end - sigmas[0]) * adams_bashforth[sigmas.size() - 1][i];
                                return step;
                              },
                          .predicts_noise = true}};
}

}  // namespace shockstep::specs
