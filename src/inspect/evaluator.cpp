#include "inspect/evaluator.hpp"

#include <shockstep/batched_model.hpp>
#include <shockstep/error.hpp>

#include "core/row_shape.hpp"
#include "core/text.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace shockstep {

at::Tensor Evaluator::denoise(const States& states) {
  const double sigma = std::clamp(states.sigma, low_, high_);  // exp(ln sigma) may lie a rounding beyond the range
  const std::int64_t n = states.x.size(0), batch = std::min<std::int64_t>(batch_, n);
  BatchedModel batches(model_, static_cast<int>(batch));
  const auto shape = row_shape(-1, model_.shape());
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < n; begin += batch) {
    if (observer_ && observer_->cancelled()) throw Cancelled("cancelled");
    const std::int64_t rows = std::min(batch, n - begin);
    const at::Tensor D = batches.denoise(states.x.narrow(0, begin, rows).reshape(shape), sigma,
                                         states.trajectory.narrow(0, begin, rows));
    if (!at::isfinite(D).all().item<bool>())
      throw ModelError("D is NaN or infinite at sigma " + shortest(sigma) + ", where inspect looks at it");
    parts.push_back(D.reshape({rows, -1}));
  }
  evaluations_ += n;
  return parts.size() == 1 ? parts[0] : at::cat(parts);
}

}  // namespace shockstep
