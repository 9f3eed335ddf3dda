#include <shockstep/tensor_values.hpp>

namespace shockstep {

at::Tensor doubles(const at::Tensor& tensor) { return tensor.detach().to(at::kCPU, at::kDouble).contiguous(); }

std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor t = tensor.contiguous();
  return {t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel()};
}

}  // namespace shockstep
