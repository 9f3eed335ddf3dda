#include "model/line_flow.hpp"

#include <shockstep/tensor_values.hpp>

#include <ATen/ops/empty_like.h>

#include <algorithm>

namespace shockstep {

at::Tensor line_flow(const ScalarMixture& mixture, const at::Tensor& x, double from, double to) {
  const at::Tensor start = doubles(x);
  at::Tensor end = at::empty_like(start);
  const double* begin = start.const_data_ptr<double>();
  std::transform(begin, begin + start.numel(), end.mutable_data_ptr<double>(),
                 [&](double at) { return transport_quantile(mixture, at, from, to); });
  return end;
}

}  // namespace shockstep
