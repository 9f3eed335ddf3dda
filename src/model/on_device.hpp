/// A model that takes its points where it computes.
#pragma once

#include <shockstep/score_model.hpp>

#include <c10/core/Device.h>
#include <c10/core/TensorOptions.h>

#include <optional>

namespace shockstep {

/// What a ScoreModel is besides if its denoise() and denoise_rows() also take x on device(), in any floating type, and answer there
/// in the type of x. sigma and trajectory stay on the CPU.
class OnDevice {
 public:
  virtual ~OnDevice() = default;
  virtual c10::Device device() const = 0;
};

/// Where the model computes, if it takes its points there.
inline std::optional<c10::Device> own_device(const ScoreModel& model) {
  const auto* there = dynamic_cast<const OnDevice*>(&model);
  return there ? std::optional(there->device()) : std::nullopt;
}

/// Type and device of a state there: float64, or float32 where the device has no float64.
inline c10::TensorOptions state_options(c10::Device device) {
  return c10::TensorOptions().device(device).dtype(device.is_mps() ? c10::ScalarType::Float : c10::ScalarType::Double);
}

}  // namespace shockstep
