#include "paper/flow.hpp"

#include "paper/numbers.hpp"

#include <shockstep/sampler.hpp>

namespace shockstep::paper {

Values transported(const ModelPtr& model, const Process& process, Values x, const FixedSteps& steps) {
  SamplerOptions options;
  options.order = 5;
  options.steps = steps;
  options.max_evaluations = 2 * steps.count;
  options.final = Final::keep;
  for (double& value : x) value /= process.sigma_max();
  const at::Tensor noise = rows(x, model->dimension());
  return values(Sampler(model, process, options).sample({.count = noise.size(0), .noise = noise}).samples);
}

}  // namespace shockstep::paper
