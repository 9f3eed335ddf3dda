/// The ways in which a network could have been meant.
#pragma once

#include <shockstep/models/network.hpp>

#include <string>
#include <vector>

namespace shockstep {

struct Description {
  NetworkOptions options;
  Process process;
  int changes = 0;  ///< of predicts, time, scale_input, process
  bool same_process = true;
  std::vector<std::string> settings = {};   ///< "model.predicts: velocity", one each
  std::vector<std::string> sentences = {};  ///< "this looks like a velocity, not noise", one each

  /// Whether the process is the stated one, or the only thing that differs.
  bool near() const { return same_process || changes == 1; }
};

/// Every description whose D differs from the stated one's, each D once: those near to it first, and of these the ones
/// with the fewest changes.
std::vector<Description> other_descriptions(const NetworkOptions& stated, const Process& process);

}  // namespace shockstep
