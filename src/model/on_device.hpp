/// A model that takes its points where it computes.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/TensorOptions.h>

namespace shockstep {

/// What a ScoreModel is besides if its denoise() and denoise_rows() also take x on device(), in any floating type, and answer there
/// in the type of x. sigma and trajectory stay on the CPU.
class OnDevice {
 public:
  virtual ~OnDevice() = default;
  virtual c10::Device device() const = 0;
};

/// Type and device of a state there: float64, or float32 where the device has no float64.
inline c10::TensorOptions state_options(c10::Device device) {
  return c10::TensorOptions().device(device).dtype(device.is_mps() ? c10::ScalarType::Float : c10::ScalarType::Double);
}

}  // namespace shockstep
