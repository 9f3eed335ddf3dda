/// The readers of files that others wrote, each as a function of the file's bytes.
///
/// A reader may accept the bytes or refuse them with a ConfigError or FileError of one line; whatever else it throws comes out
/// here, and a sanitizer sees the rest. tools/fuzz searches for such bytes, core_corpus.cpp replays what it has found.
#pragma once

#include <span>
#include <string>

namespace shockstep::fuzz {

struct Reader {
  const char* name;  ///< of its folder in tests/fuzz/corpus
  void (*read)(const std::string& bytes);
};

/// yaml: a config and all that is read from it without a model; npy: an array; journal: a file with its checksums;
/// records: the same, but each record's checksum is made right, for the code behind it; guard, schedule: JSON.
std::span<const Reader> readers();

}  // namespace shockstep::fuzz
