#include "paper/analyses.hpp"

#include <array>

namespace shockstep::paper {

std::span<const Analyse> analyses() {
  static constexpr std::array all{&analyse_pair,          &analyse_layer,   &analyse_burgers,
                                  &analyse_amplification, &analyse_plane,   &analyse_preserving,
                                  &analyse_asymmetric,    &analyse_split,   &analyse_double_well,
                                  &analyse_finite_data,   &analyse_product, &analyse_langevin};
  return all;
}

}  // namespace shockstep::paper
