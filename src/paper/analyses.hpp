/// The Burgers analysis of the score, one function an analysis (docs/paper.md derives what each compares).
#pragma once

#include "paper/analysis.hpp"

#include <span>

namespace shockstep::paper {

Analysis analyse_pair();           ///< the score of a symmetric pair
Analysis analyse_layer();          ///< midpoint slope, width and critical variance of its layer
Analysis analyse_burgers();        ///< residuals of the Burgers identities, circulation, entropy
Analysis analyse_amplification();  ///< growth of perturbations across the layer
Analysis analyse_plane();          ///< curl, interface and normal criterion in two dimensions
Analysis analyse_preserving();     ///< variance preserving = variance exploding; speciation times
Analysis analyse_asymmetric();     ///< corrections for unequal weights and widths
Analysis analyse_split();          ///< the tanh decomposition for every split of a mixture
Analysis analyse_double_well();    ///< the local profile of a density that is no mixture

Analysis analyse_finite_data();  ///< the reverse dynamics of a finite data set (arXiv 2501.17054)
Analysis analyse_product();      ///< a score whose noise level is a factor (arXiv 2601.12965)
Analysis analyse_langevin();     ///< annealed Langevin dynamics of such a score

using Analyse = Analysis (*)();
/// All of them, in the order of the report.
std::span<const Analyse> analyses();

}  // namespace shockstep::paper
