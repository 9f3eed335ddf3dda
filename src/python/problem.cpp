#include "python/problem.hpp"

#include <shockstep/fitted_solver_file.hpp>
#include <shockstep/registry.hpp>

#include "config/encode_config.hpp"
#include "config/inspect_config.hpp"
#include "config/yaml.hpp"
#include "model/network.hpp"
#include "model/network_config.hpp"
#include "process/section.hpp"
#include "run/device.hpp"

#include <memory>

namespace shockstep::python {
namespace {

ModelPtr model_from(const ModelSource& source, Section section, const ModelContext& context) {
  if (const auto* model = std::get_if<ModelPtr>(&source)) {
    section.finish();  // a model that Python hands over is made already and takes no settings
    return *model;
  }
  if (std::holds_alternative<std::monostate>(source)) return make_model(section, context);
  const NetworkOptions options = network_options_from(section, context);
  section.finish();
  if (const auto* network = std::get_if<PythonNetwork>(&source)) {
    check_network_options(options, context.process);
    const auto again = [make = network->float32](const NetworkOptions& other, const Process& process) -> ModelPtr {
      const ConditionedNetwork forward = make ? make() : nullptr;
      return forward ? wrap_conditioned_network(forward, other, process) : nullptr;
    };
    return make_network({.forward = network->forward, .kind = "network", .path = {}, .load = again}, options,
                        context.process);
  }
  return described_network(options, context.process);
}

Process process_from(Section section, const FunctionsOfTime& functions) {
  Process process = ranged(section, functions);
  section.finish();
  return process;
}

}  // namespace

Problem::Problem(const std::string& file, const std::vector<std::string>& settings, const ModelSource& source,
                 const std::string& solver, const GivenConditions& given, const FunctionsOfTime* functions)
    : file_(file) {
  if (!file.empty()) root_ = load_yaml(file);
  for (const auto& setting : settings) set_value(root_, setting, file);
  RunConfig config(root_, file, method_names());
  run = config.run;
  check_device(file, run.device);
  sampler = config.sampler;
  if (!solver.empty())
    sampler.steps = solver_steps(std::make_shared<const FittedSolver>(fitted_solver_from_json(solver, "steps")));
  process = functions ? process_from(config.process_section(), *functions) : make_process(config.process_section());
  model = model_from(source, config.model_section(), {run.device, run.dtype, process, &given});
}

CompareConfig Problem::compared() const { return {root_, file_, method_names()}; }

EncodeOptions Problem::encode() const { return read_encode(root_, file_); }

InspectOptions Problem::inspect() const {
  ConfigNode resolved;
  return read_inspect(root_, file_, resolved);
}

}  // namespace shockstep::python
