/// The problems of the analyses: those of configs/papers, so that each can also be sampled.
#pragma once

#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/models/point_cloud.hpp>
#include <shockstep/process.hpp>

#include "paper/analysis.hpp"

#include <memory>

namespace shockstep::paper {

template <class Model = GaussianMixture>
struct Problem {
  std::shared_ptr<const Model> model;
  Process process;
};

/// 1/2 N(-a, s0^2) + 1/2 N(a, s0^2) on a line.
struct Pair {
  double a = 1, s0 = .1;
  std::shared_ptr<const GaussianMixture> model() const;
};

// By the names of the files.
inline constexpr Pair pair{.a = 1, .s0 = .1};
inline constexpr Pair layer{.a = 2, .s0 = .3};
inline constexpr Pair amplification{.a = 1, .s0 = .1};
inline constexpr Pair preserving{.a = 1.5, .s0 = .2};
Problem<> pair_problem();
Problem<> layer_problem();
Problem<> amplification_problem();
Problem<> preserving_problem();
Problem<> burgers_problem();     ///< five modes of unequal weight and width in three dimensions
Problem<> plane_problem();       ///< two modes of unequal weight and width in the plane
Problem<> asymmetric_problem();  ///< the same on a line
Problem<> split_problem();       ///< five modes of full covariances in the plane

/// The components of split_problem(), to make models of some of them.
GaussianMixtureOptions split_options();

inline constexpr double well_a = 1, well_beta = 4;
Problem<ScoreModel> double_well_problem();

Problem<PointCloud> finite_data_problem();
Values finite_data();  ///< its points, [n, 2]

/// f(x)/sigma with f = field_sigma times the score of a mixture of three modes at field_sigma.
inline constexpr double field_sigma = .3;
std::shared_ptr<const GaussianMixture> product_field();
Problem<ScoreModel> product_problem();

}  // namespace shockstep::paper
