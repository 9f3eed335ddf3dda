/// What a network is told of trajectories besides x and time, wherever they stand in a batch.
#pragma once

#include <shockstep/models/network.hpp>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace shockstep {

/// Throws ConfigError for conditions that are none, differ in length, or do not fit their null.
void check_conditions_of(const NetworkOptions& options);

/// Labels and conditions of a network's options, which must have passed the check, where the network is: moved there once, for
/// what crosses to a device at every call is paid at every call.
class ConditionRows {
 public:
  /// Conditions of floating point are kept as `type`.
  ConditionRows(const NetworkOptions& options, c10::Device device, at::ScalarType type);

  /// For how many trajectories there are rows of their own; 0: one row is everybody's, or there are none.
  std::int64_t count() const { return count_; }
  /// Of trajectories [B], on the CPU: the label [B] int64 if there is one, then the conditions [B, ...]. Their numbers cross to the
  /// device in one copy. The caller may write into what is returned.
  std::vector<at::Tensor> of(const at::Tensor& trajectory) const;
  /// The same for the half without conditions; what it shares with the other half is taken from `with`, of these trajectories.
  std::vector<at::Tensor> null_of(const at::Tensor& trajectory, const std::vector<at::Tensor>& with) const;
  /// Trajectories that a probe of three rows takes: of the smallest label and the largest, or the first and the last.
  at::Tensor probed() const;

 private:
  /// Numbers of trajectories where the rows are.
  at::Tensor crossed(const at::Tensor& trajectory) const;

  std::vector<std::int64_t> labels_;
  at::Tensor labels_there_;  // the same on the device
  std::int64_t null_label_ = 0;
  std::vector<at::Tensor> conditions_, null_;  // [n, ...] each; undefined: the same in both halves
  std::int64_t count_ = 0;
};

}  // namespace shockstep
