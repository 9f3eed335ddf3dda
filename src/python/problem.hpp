/// A config file, settings that override it, and a model from either or from Python: what every function of the module takes.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/encode_options.hpp>
#include <shockstep/inspect_options.hpp>
#include <shockstep/models/network.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include "config/compare_config.hpp"
#include "config/run_config.hpp"
#include "model/network_config.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace shockstep::python {

/// What somebody else evaluates.
struct NotAtHand {};

/// A callable of Python's, and what makes the same in float32; that may be none, or return none.
struct PythonNetwork {
  ConditionedNetwork forward;
  std::function<ConditionedNetwork()> float32;
};

/// None: the section `model` has a kind. A network, or one that is not at hand: that section describes it.
using ModelSource = std::variant<std::monostate, ModelPtr, PythonNetwork, NotAtHand>;

class Problem {
 public:
  /// `file`: a config, or empty. `settings`: "model.shape=[1, 8, 8]", as --set takes them. `solver`: its JSON, for sampler.steps, or
  /// empty. Throws what make_model, make_process, wrap_network and the readers of a config throw.
  /// `given`: what of the model is no setting. `functions`: the process, of which the config's section then says the range alone; or
  /// null.
  Problem(const std::string& file, const std::vector<std::string>& settings, const ModelSource& source,
          const std::string& solver, const GivenConditions& given = {}, const FunctionsOfTime* functions = nullptr);

  Process process = VarianceExploding{};
  ModelPtr model;
  SamplerOptions sampler;
  RunSettings run;

  CompareConfig compared() const;
  EncodeOptions encode() const;
  InspectOptions inspect() const;

 private:
  std::string file_;
  ConfigNode root_;
};

}  // namespace shockstep::python
