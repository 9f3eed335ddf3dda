/// Errors that a caller can act on. Numerical trouble of one trajectory is a Status (result.hpp), never an exception.
#pragma once

#include <stdexcept>
#include <string>

namespace shockstep {

/// Base of everything the library throws on purpose; what() is one line that says what would be right.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A wrong setting. what() is "where: key: sentence"; `where` is the config file, empty for options set in code.
class ConfigError : public Error {
 public:
  /// `where` and `key` may be empty: what() leaves them out.
  ConfigError(const std::string& where, const std::string& key, const std::string& sentence)
      : Error((where.empty() ? "" : where + ": ") + (key.empty() ? "" : key + ": ") + sentence), key_(key) {}
  /// Of an option set in code.
  ConfigError(const std::string& key, const std::string& sentence) : ConfigError("", key, sentence) {}

  /// The setting, as a config would name it: "sampler.tolerance".
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// The model cannot be loaded, or does not do what its description says.
class ModelError : public Error {
 public:
  using Error::Error;
};

/// A file cannot be read or written, or does not hold what it should.
class FileError : public Error {
 public:
  /// what() is "path: sentence".
  FileError(const std::string& path, const std::string& sentence) : Error(path + ": " + sentence) {}
};

/// An observer cancelled before there was anything to return.
class Cancelled : public Error {
 public:
  using Error::Error;
};

}  // namespace shockstep
