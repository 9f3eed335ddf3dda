/// Kinds of model, process and method by name: one row each, and the only list of them.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include <span>
#include <string>
#include <vector>

namespace shockstep {

/// What a run's settings outside the section tell a factory.
struct ModelContext {
  std::string device = "cpu";
  std::string dtype = "float32";
  Process process = VarianceExploding{};  ///< what a network is told follows from it
};

struct ModelKind {
  const char* name;
  const char* summary;
  ModelPtr (*make)(Section& section, const ModelContext& context);
};

struct ProcessKind {
  const char* name;
  const char* summary;
  Process (*make)(Section& section);
};

struct MethodKind {
  const char* name;
  const char* summary;
};

std::span<const ModelKind> model_kinds();
std::span<const ProcessKind> process_kinds();
std::span<const MethodKind> method_kinds();
/// What `sampler.method` may be, in the order of their rows.
std::vector<std::string> method_names();

/// Reads `kind` from the section, makes the model or process, and checks that no key was left unread.
ModelPtr make_model(Section section, const ModelContext& context = {});
Process make_process(Section section);

}  // namespace shockstep
