// The model of these examples: two modes at -1 and 1 of width s0, on a line.
#pragma once

#include <ATen/ATen.h>

inline constexpr double mode_std = .1;

// D = E[x0 | x]: each mode's, weighted by tanh of half their log ratio. x [B, 1], sigma [B].
inline at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) {
  const at::Tensor noise = sigma.square().unsqueeze(1);
  const at::Tensor v = noise + mode_std * mode_std;
  return (noise * at::tanh(x / v) + mode_std * mode_std * x) / v;
}
