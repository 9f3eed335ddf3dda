#include "inspect/spectrum.hpp"

#include "inspect/differences.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shockstep {
namespace {

constexpr double resolved = .5;
constexpr std::int64_t spectrum_products = 48;

}  // namespace

SpectrumSection measure_spectrum(Evaluator& model, const std::vector<States>& nodes, double step, std::uint64_t seed) {
  SpectrumSection out;
  out.complete = model.dimension() <= most_complete;
  for (const States& states : nodes) {
    const at::Tensor found = jacobian_spectrum(model, states, step, spectrum_products, seed).contiguous();
    const std::int64_t m = found.size(1);
    for (std::int64_t i = 0; i < found.size(0); ++i) {
      const double* row = found.const_data_ptr<double>() + i * m;
      SpectrumRow spectrum{.trajectory = states.trajectory[i].item<std::int64_t>(),
                           .sigma = states.sigma,
                           .eigenvalues = {row, row + m}};
      spectrum.dimension = std::count_if(row, row + m, [](double value) { return value > resolved; });
      spectrum.trace = out.complete ? std::accumulate(row, row + m, 0.) : std::nan("");
      out.rows.push_back(std::move(spectrum));
    }
  }
  out.evaluations = model.take();
  return out;
}

}  // namespace shockstep
