/// The one writer to stderr: whole lines, and below them a status line (the progress bar) that they do not tear.
#pragma once

#include <string_view>

namespace shockstep::terminal {

/// True if stderr is a terminal that understands a status line.
bool interactive();
/// Columns of the terminal; 80 if unknown.
int width();
/// Prints a line; the status line is taken away before and put back after it.
void line(std::string_view text);
/// Replaces the status line; empty takes it away.
void status(std::string_view text);

}  // namespace shockstep::terminal
