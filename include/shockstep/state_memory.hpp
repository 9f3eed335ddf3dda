/// Where the state of a run lies.
#pragma once

namespace shockstep {

/// Whose memory holds the vectors of the trajectories under way. Samples agree to rounding.
enum class StateMemory {
  automatic,  ///< the device, where the model is a network that is not on the CPU and there is no mask; else the host
  host,       ///< the host's, as doubles: points and answers are copied to and from the network's device at each call
  device      ///< tensors on the network's device (the CPU's is one too), where all the arithmetic of the steps is done
};

}  // namespace shockstep
