/// Kinds of process by name: one file of src/process/kinds each, which is all that knows it.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/process.hpp>

#include <span>

namespace shockstep {

/// A kind of process.
struct ProcessKind {
  const char* name;     ///< what `kind` of the section says
  const char* summary;  ///< one line, as `shockstep info` prints it
  const char* example;  ///< a section that makes one, in YAML
  /// Reads its keys from the section. Throws ConfigError for their values, FileError for a table that cannot be read.
  Process (*make)(Section& section);
};

/// By name; edm among them, another name of ve.
std::span<const ProcessKind> process_kinds();

/// Reads `kind` from the section, makes the process, and checks that no key was left unread: ConfigError, beside what
/// ProcessKind::make throws.
Process make_process(Section section);

}  // namespace shockstep
