/// Which modes split from which as the noise falls.
///
/// The modes of the noised density p_sigma are the stable fixed points of x = D(x, sigma). From far away there is one; as
/// sigma falls it splits (Raya & Ambrogioni 2023, "Spontaneous symmetry breaking in generative diffusion models"). Modes are
/// followed upwards from the components' means, and those that meet are one from there on: the mode tree of Minnotte &
/// Scott 1993, with sigma as bandwidth.
#pragma once

#include "output/report/known_model.hpp"

#include <optional>
#include <vector>

namespace shockstep {

struct ModeTree {
  struct Node {
    int parent = -1;     ///< index of the node it split from; -1: the root
    double sigma = 0;    ///< where it splits into its children; 0: never
    bool leaf = false;   ///< a mode at the end of the integration
    int component = -1;  ///< a leaf's: the first component whose mean leads to it
  };
  std::vector<Node> nodes;            ///< leaves first, the root last
  std::vector<int> leaf_of;           ///< of each component
  static constexpr int largest = 48;  ///< components; with more a tree cannot be read
};

/// True for more components than can be read, or so many coordinates that a tree would take longer than the run.
bool too_large_for_tree(const KnownModel& model);

/// Nothing if the model is not known, has one mode, or is too large. Modes that are still apart at sigma_max join there.
std::optional<ModeTree> mode_tree(const KnownModel& model, double sigma_min, double sigma_max);

}  // namespace shockstep
