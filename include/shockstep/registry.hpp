/// Kinds of model, process (process_kind.hpp) and method by name.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/process_kind.hpp>
#include <shockstep/score_model.hpp>

#include <span>
#include <string>
#include <vector>

namespace shockstep {

/// Conditions as tensors, and guidance as a function (src/model/network_config.hpp).
struct GivenConditions;

/// What a factory needs of a run's settings besides its section.
struct ModelContext {
  std::string device = "cpu";              ///< where a network computes: cpu, cuda or cuda:K
  std::string dtype = "float32";           ///< type of a network's inputs: float32, float64, float16 or bfloat16
  Process process = VarianceExploding{};   ///< what a network is told follows from it
  const GivenConditions* given = nullptr;  ///< of a caller that has tensors in place of files; null: none
};

/// A kind of model: one file of src/model/kinds each, which is all that knows it.
struct ModelKind {
  const char* name;     ///< what `kind` of the section says
  const char* summary;  ///< one line, as `shockstep info` prints it
  const char* example;  ///< a section that makes one, in YAML; of a network the file is to be yours
  /// Reads its keys from the section. Throws ConfigError for their values, FileError and ModelError of what it loads.
  ModelPtr (*make)(Section& section, const ModelContext& context);
};

/// A method that a config can name: all but Method::own.
struct MethodKind {
  const char* name;     ///< what `sampler.method` says, and name(Method)
  const char* summary;  ///< one line, as `shockstep info` prints it
};

std::span<const ModelKind> model_kinds();    ///< by name
std::span<const MethodKind> method_kinds();  ///< the default first, then Runge-Kutta, grids, the reverse SDE
/// What `sampler.method` may be, in the order of their rows.
std::vector<std::string> method_names();

/// Reads `kind` from the section, makes the model, and checks that no key was left unread: ConfigError, beside what
/// ModelKind::make throws.
ModelPtr make_model(Section section, const ModelContext& context = {});

}  // namespace shockstep
