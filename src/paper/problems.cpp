#include "paper/problems.hpp"

#include <shockstep/models/double_well.hpp>
#include <shockstep/models/multiplicative.hpp>

#include "paper/numbers.hpp"

#include <ATen/ops/cat.h>

namespace shockstep::paper {
namespace {

constexpr VarianceExploding usual{.sigma_min = .002, .sigma_max = 80};

std::shared_ptr<const GaussianMixture> mixture(const Values& means, std::int64_t d, const Values& stds,
                                               const Values& weights) {
  return std::make_shared<GaussianMixture>(GaussianMixtureOptions{
      .means = rows(means, d), .stds = rows(stds, 1).view({-1}), .weights = rows(weights, 1).view({-1})});
}

}  // namespace

std::shared_ptr<const GaussianMixture> Pair::model() const { return mixture({-a, a}, 1, {s0, s0}, {.5, .5}); }

Problem<> pair_problem() { return {pair.model(), usual}; }
Problem<> layer_problem() { return {layer.model(), usual}; }
Problem<> amplification_problem() { return {amplification.model(), usual}; }
// beta = 10 for a time from 0 to 1 is alpha = e^-t for one from 0 to 5.
Problem<> preserving_problem() { return {preserving.model(), VpLinear{.beta_min = 10, .beta_max = 10}}; }

Problem<> burgers_problem() {
  return {mixture({1, 0, .5, -1, .4, 0, 0, -1, .8, .6, .9, -.7, -.4, -.5, -.9}, 3, {.15, .25, .1, .3, .2},
                  {.25, .15, .3, .1, .2}),
          usual};
}

Problem<> plane_problem() { return {mixture({-1, .6, .8, -.5}, 2, {.2, .4}, {.4, .6}), usual}; }

Problem<> asymmetric_problem() { return {mixture({-1.2, .6}, 1, {.2, .15}, {.3, .7}), usual}; }

GaussianMixtureOptions split_options() {
  return {.means = rows({-.7, .2, .9, .1, .1, -.8, .3, 1.1, -.9, -.6}, 2),
          .covariances = rows({.05, .02,  .02,  .08,  //
                               .10, -.04, -.04, .03,  //
                               .04, 0,    0,    .09,  //
                               .12, .05,  .05,  .06,  //
                               .02, .01,  .01,  .04},
                              2)
                             .view({5, 2, 2}),
          .weights = rows({.2, .3, .1, .25, .15}, 1).view({-1})};
}

Problem<> split_problem() { return {std::make_shared<GaussianMixture>(split_options()), usual}; }

Problem<ScoreModel> double_well_problem() {
  return {std::make_shared<DoubleWell>(DoubleWellOptions{.a = well_a, .beta = well_beta}), usual};
}

Values finite_data() {
  return {-1.2, -.6, -.9, .1, -.5, .7,  .1, 1,    .7, .7,   1.1, .1,
          1.4,  -.6, -.2, .2, .1,  -.5, .4, -1.1, 1,  -1.2, -.6, -1.3};
}

Problem<PointCloud> finite_data_problem() {
  return {std::make_shared<PointCloud>(PointCloudOptions{.points = rows(finite_data(), 2)}), usual};
}

std::shared_ptr<const GaussianMixture> product_field() {
  return mixture({-1, 0, .8, .7, .6, -.9}, 2, {.3, .2, .25}, {.5, .3, .2});
}

Problem<ScoreModel> product_problem() {
  return {std::make_shared<Multiplicative>(product_field(), MultiplicativeOptions{.sigma = field_sigma}),
          VarianceExploding{.sigma_min = .01, .sigma_max = 20}};
}

}  // namespace shockstep::paper
