/// What the numbers that a model computes in allow: the steps of finite differences, and whether there can be any.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

namespace shockstep {

/// eps: 1 + eps is the next number after 1. 2^-52 of exact models, of networks that of their type, 2^-23 of callables.
double epsilon(const ScoreModel& model);

/// Whether the model is a network in float16 or bfloat16: products with its Jacobian are mostly rounding, so that there are neither
/// events nor likelihoods.
bool half_precision(const ScoreModel& model);

/// Lengths over sigma that balance truncation and rounding, as they were found for either type.
struct DifferenceStep {
  double float64;  ///< of models that compute in float64
  double float32;  ///< of networks in float32; coarser types follow from it
};

/// What is differenced: its rounding is divided by the length, or its square, and its truncation goes with the next powers. So the best
/// length goes with eps to the power 1/2, 1/3 or 1/4.
enum class Difference {
  one_sided = 2,  ///< (f(x + h) - f(x))/h
  central = 3,    ///< (f(x + h) - f(x - h))/2h
  second = 4,     ///< (f(x + h) - 2 f(x) + f(x - h))/h^2
};

/// The length over sigma for this model: as found, or of a coarser type from that of float32 by the power of eps, at most a half, since
/// beyond D is no line.
double difference_step(const ScoreModel& model, DifferenceStep found, Difference kind);

/// The same network in float32, loaded anew. Null for what cannot be, and what is in float32 or float64 already. Throws as its
/// loader.
ModelPtr in_float32(const ScoreModel& model, const Process& process);

}  // namespace shockstep
