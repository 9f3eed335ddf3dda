/// Where the program says what it does: run.log and, from some level on, stderr. No header of the logging library is
/// needed to use it, and none may be: Torch carries its own fmt.
#pragma once

#include <string>

namespace shockstep::log {

enum class Level { info, warning, error };

/// Sets the least level that reaches stderr, whether a file is open or not; `warning` at first.
void set_terminal_level(Level level);
/// Starts `file` (rotated at 8 MiB, three kept), written by a thread of its own, with the lines that were said before. Throws
/// FileError.
void open(const std::string& file);
/// Writes out what waits and ends the thread; does nothing if open() was not called.
void close();

// One line each; control characters are escaped.
void info(const std::string& text);
void warning(const std::string& text);
void error(const std::string& text);

}  // namespace shockstep::log
