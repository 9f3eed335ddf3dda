/// Files that are read.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

namespace shockstep {

using InputFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// Opened for reading. Throws FileError with `sentence` and the reason where it cannot be, and for what is no file: one would wait for
/// ever for a FIFO.
InputFile open_to_read(const std::string& path, const std::string& sentence = "cannot be read");

/// The whole text, or its first `most` bytes; also from a pipe that somebody writes, as a shell's <(command). Throws FileError as
/// open_to_read().
std::string read_text(const std::string& path, const std::string& sentence = "cannot be read",
                      std::size_t most = std::string::npos);

/// A text that differs where the bytes do: a UUID made of their SHA-1.
std::string hash(const std::string& bytes);
/// The same of a file's bytes, of which few are in memory at a time: the hash of each piece goes before the next. Throws FileError.
std::string hash_of_file(const std::string& path);

}  // namespace shockstep
