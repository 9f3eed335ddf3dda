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

  /// Of the stated process, or of another with nothing else changed.
  bool near() const { return same_process || changes == 1; }
};

/// Every other description that gives another denoiser, those that are near first, fewest changes first.
/// Descriptions that give the same D are listed once.
std::vector<Description> other_descriptions(const NetworkOptions& stated, const Process& process);

}  // namespace shockstep
